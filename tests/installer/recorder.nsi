; A program that notes how it was called, for the places of python.exe, schtasks.exe and icacls.exe in the tests.
; Each line of C:\failing.txt is a piece of text; a call that contains one ends with exit code 1.
Target amd64-unicode
Name recorder
OutFile "${OUT}"
SilentInstall silent
RequestExecutionLevel user
SetCompress off
CRCCheck off ; quicker
!include LogicLib.nsh
!include StrFunc.nsh
!include TextFunc.nsh
${StrStr}

Section
  FileOpen $0 "C:\calls.txt" a
  FileSeek $0 0 END
  FileWrite $0 "$CMDLINE$\n"
  FileClose $0
  System::Call "kernel32::GetStdHandle(i -11)p.r1"
  FileWrite $1 "told by $EXEFILE$\n"
  ClearErrors
  FileOpen $0 "C:\failing.txt" r
  IfErrors fine
  ${Do}
    ClearErrors
    FileRead $0 $2
    IfErrors fine
    ${TrimNewLines} $2 $2
    ${StrStr} $3 $CMDLINE $2
  ${LoopUntil} $3 != ""
  FileWrite $1 "It fails on purpose.$\n"
  SetErrorLevel 1
  Quit
fine:
SectionEnd
