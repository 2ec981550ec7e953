@"%~dp0program\python.exe" -m qbwc_bridge %*
