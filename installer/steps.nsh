; The steps of setup.nsi. Everything that is run is noted in setup.log of the data folder, with its output; no step that
; prints a secret is among them.

!macro Note TEXT
  Push "${TEXT}"
  !ifdef __UNINSTALL__
    Call un.Note
  !else
    Call Note
  !endif
!macroend

!macro Run TITLE COMMAND
  Push `${COMMAND}`
  Push "${TITLE}"
  !ifdef __UNINSTALL__
    Call un.Run
  !else
    Call Run
  !endif
!macroend

!macro Schtasks TITLE ARGUMENTS
  !insertmacro Run "${TITLE}" `"$SYSDIR\schtasks.exe" ${ARGUMENTS}`
!macroend

!macro Bridge TITLE ARGUMENTS
  !insertmacro Run "${TITLE}" `"$INSTDIR\program\python.exe" -m qbwc_bridge ${ARGUMENTS}`
!macroend

!macro Functions UN
; Where everything is. The folder cannot be chosen: only below Program Files may nobody but administrators change it.
Function ${UN}Places
  SetRegView 64
  SetShellVarContext all
  StrCpy $INSTDIR "$PROGRAMFILES64\qbwc-bridge"
  ReadEnvStr $DataDir QBWC_BRIDGE_DATA_DIR
  ${If} $DataDir == ""
    StrCpy $DataDir "$APPDATA\qbwc-bridge" ; of all users: ProgramData
  ${EndIf}
FunctionEnd

; Adds a line with the time to setup.log, once the folder is shut; takes the text from the stack.
Function ${UN}Note
  Exch $0
  ${If} $Noting != 1
    Pop $0
    Return
  ${EndIf}
  Push $1
  Push $2
  Push $3
  Push $4
  Push $5
  Push $6
  Push $7
  Push $8
  ${TrimNewLines} $0 $0
  ${GetTime} "" "L" $1 $2 $3 $4 $5 $6 $7
  FileOpen $8 "$DataDir\setup.log" a
  FileSeek $8 0 END
  FileWriteUTF16LE /BOM $8 "$3-$2-$1 $5:$6:$7 $0$\r$\n"
  FileClose $8
  Pop $8
  Pop $7
  Pop $6
  Pop $5
  Pop $4
  Pop $3
  Pop $2
  Pop $1
  Pop $0
FunctionEnd

; Runs a command without a window: takes title and command line from the stack, leaves $ExitCode and $Output.
Function ${UN}Run
  Pop $R0
  Pop $R1
  DetailPrint "$R0 ..."
  nsExec::ExecToStack $R1
  Pop $ExitCode ; or the word error
  Pop $Output
  !insertmacro Note "$R0: exit code $ExitCode. $Output"
FunctionEnd

; Stops the server and keeps it stopped until the task is registered or enabled again.
Function ${UN}StopServer
  !insertmacro Schtasks "Holding the start-up task" '/Change /TN "${TASK_NAME}" /DISABLE'
  !insertmacro Schtasks "Stopping the server" '/End /TN "${TASK_NAME}"'
  StrCpy $Stopped 1
  ${For} $R2 1 ${WAIT_SECONDS}
    ; A program that runs cannot be opened for writing.
    ClearErrors
    FileOpen $R3 "$INSTDIR\program\python.exe" a
    ${IfNot} ${Errors}
      FileClose $R3
      Return
    ${EndIf}
    Sleep 1000
  ${Next}
  StrCpy $Output ""
  Push "The program is still in use: close every command of qbwc-bridge, then try again."
  Call ${UN}GiveUp
FunctionEnd

; Says why, lets what was there before run on, and ends; takes the sentence from the stack.
Function ${UN}GiveUp
  Pop $R4
  StrCpy $R4 "$R4$\r$\n$\r$\n$Output$\r$\nSee also $DataDir\setup.log."
  RMDir /r "$INSTDIR\program.new"
  ${If} $Stopped == 1
    !insertmacro Schtasks "Freeing the start-up task" '/Change /TN "${TASK_NAME}" /ENABLE'
    !insertmacro Schtasks "Starting the server again" '/Run /TN "${TASK_NAME}"'
  ${EndIf}
  !insertmacro Note "Given up. $R4"
  MessageBox MB_ICONSTOP "$R4" /SD IDOK
  SetErrorLevel ${EXIT_NOTHING_CHANGED}
  Quit
FunctionEnd
!macroend

!insertmacro Functions ""
!insertmacro Functions "un."

; Makes the data folder, and leaves it and all in it to administrators, the system and the server's account, whoever made it.
Function ShutDataFolder
  CreateDirectory "$DataDir"
  CreateDirectory "$DataDir\backups"
  !insertmacro Run "Owner of the data folder" '"$SYSDIR\icacls.exe" "$DataDir" /setowner ${ADMINISTRATORS} /T /C /Q'
  !insertmacro Run "Rights of the data folder" '"$SYSDIR\icacls.exe" "$DataDir" /inheritance:r /grant:r \
    ${SYSTEM}:(OI)(CI)F ${ADMINISTRATORS}:(OI)(CI)F ${LOCAL_SERVICE}:(OI)(CI)M /Q'
  ${If} $ExitCode != 0
    Push "The rights of $DataDir could not be set."
    Call GiveUp
  ${EndIf}
  !insertmacro Run "Rights of what is in it" '"$SYSDIR\icacls.exe" "$DataDir\*" /reset /T /C /Q'
  StrCpy $Noting 1
FunctionEnd

; A setup that was cut off between the two renamings of Replace left the old program under its other name.
Function TakeUpBrokenOff
  ${If} ${FileExists} "$INSTDIR\program.old\python.exe"
    ${IfNot} ${FileExists} "$INSTDIR\program\python.exe"
      Rename "$INSTDIR\program.old" "$INSTDIR\program"
    ${EndIf}
    RMDir /r "$INSTDIR\program.old"
  ${EndIf}
FunctionEnd

Function BackUp
  ${GetTime} "" "L" $0 $1 $2 $3 $4 $5 $6
  !insertmacro Bridge "Backup" 'backup --out "$DataDir\backups\before-${VERSION}-$2$1$0-$4$5$6.backup"'
  ${If} $ExitCode != 0
    Push "The backup failed, so nothing was changed: the old version runs on."
    Call GiveUp
  ${EndIf}
FunctionEnd

Function Replace
  ClearErrors
  ${If} ${FileExists} "$INSTDIR\program"
    Rename "$INSTDIR\program" "$INSTDIR\program.old"
  ${EndIf}
  ${IfNot} ${Errors}
    Rename "$INSTDIR\program.new" "$INSTDIR\program"
  ${EndIf}
  ${If} ${Errors}
    StrCpy $Output ""
    Push "The program in $INSTDIR could not be replaced: close what is open there, then try again."
    Call PutBack
  ${EndIf}
FunctionEnd

; Puts the old program back, if there was one, and gives up; the sentence stays on the stack for GiveUp.
Function PutBack
  ${If} ${FileExists} "$INSTDIR\program.old"
    RMDir /r "$INSTDIR\program"
    Rename "$INSTDIR\program.old" "$INSTDIR\program"
  ${ElseIf} $Stopped != 1
    RMDir /r "$INSTDIR\program"
  ${EndIf}
  Call GiveUp
FunctionEnd

Function Shortcuts
  CreateDirectory "$SMPROGRAMS\qbwc-bridge"
  WriteINIStr "$SMPROGRAMS\qbwc-bridge\Status page.url" InternetShortcut URL "${PAGE_ADDRESS}"
  CreateShortcut "$SMPROGRAMS\qbwc-bridge\Commands.lnk" "$SYSDIR\cmd.exe" '/k cd /d "$INSTDIR"' "" 0 SW_SHOWNORMAL "" \
    "qbwc-bridge commands, as administrator"
  ; The data folder is shut to all others, so commands want an administrator: flag RunAsUser (0x2000) of the link's header.
  FileOpen $0 "$SMPROGRAMS\qbwc-bridge\Commands.lnk" a
  FileSeek $0 21 SET
  FileReadByte $0 $1
  IntOp $1 $1 | 0x20
  FileSeek $0 21 SET
  FileWriteByte $0 $1
  FileClose $0
FunctionEnd

Function Register
  WriteRegStr HKLM "${UNINSTALL_KEY}" DisplayName "qbwc-bridge"
  WriteRegStr HKLM "${UNINSTALL_KEY}" DisplayVersion "${VERSION}"
  WriteRegStr HKLM "${UNINSTALL_KEY}" Publisher "qbwc-bridge"
  WriteRegStr HKLM "${UNINSTALL_KEY}" InstallLocation "$INSTDIR"
  WriteRegStr HKLM "${UNINSTALL_KEY}" UninstallString '"$INSTDIR\uninstall.exe"'
  WriteRegStr HKLM "${UNINSTALL_KEY}" QuietUninstallString '"$INSTDIR\uninstall.exe" /S'
  WriteRegDWORD HKLM "${UNINSTALL_KEY}" EstimatedSize ${KIB}
  WriteRegDWORD HKLM "${UNINSTALL_KEY}" NoModify 1
  WriteRegDWORD HKLM "${UNINSTALL_KEY}" NoRepair 1
FunctionEnd

; Takes the answers of /ANSWERS= at a first run; a later setup finds the first run done and leaves everything as it is.
Function TakeAnswers
  ${If} $FirstRun == 0
    !insertmacro Note "The answers were not needed: this is no first run."
    Return
  ${EndIf}
  !insertmacro Bridge "First run" 'first-run "$Answers" --qwc-folder "$DESKTOP"'
  ${If} $ExitCode != 0
    MessageBox MB_ICONEXCLAMATION "The answers were not taken.$\r$\n$\r$\n$Output" /SD IDOK
    SetErrorLevel ${EXIT_ANSWERS_REFUSED}
  ${EndIf}
FunctionEnd

; Lets `doctor` look at everything; its text goes to doctor.txt beside the plug-ins, and into setup.log.
Function Doctor
  DetailPrint "Looking whether everything is in order ..."
  nsExec::Exec `"$SYSDIR\cmd.exe" /d /s /c ""$INSTDIR\qbwc-bridge.cmd" doctor >"$PLUGINSDIR\doctor.txt" 2>&1"`
  Pop $ExitCode
  !insertmacro Note "doctor: exit code $ExitCode"
  FileOpen $0 "$PLUGINSDIR\doctor.txt" r
  ${Do}
    ClearErrors
    FileRead $0 $1
    ${If} ${Errors}
      ${Break}
    ${EndIf}
    !insertmacro Note "$1"
  ${Loop}
  FileClose $0
FunctionEnd

Function OpenPage
  ; By way of the desktop, so that the browser does not run as administrator.
  Exec '"$WINDIR\explorer.exe" "${PAGE_ADDRESS}"'
FunctionEnd
