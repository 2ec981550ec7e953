; The Windows setup program: what it does, in the order in which it does it, stands in README.md beside this file.
; installer/build.py gives: VERSION, TREE (the laid files), TASK (the task's XML), KIB (size), OUT.

Unicode true
Target amd64-unicode
Name "qbwc-bridge"
OutFile "${OUT}"
SetCompressor /SOLID lzma
SetDateSave off ; two builds of the same files give the same setup
RequestExecutionLevel admin
ManifestSupportedOS Win10
ManifestDPIAware true
BrandingText "qbwc-bridge ${VERSION}"
ShowInstDetails show
ShowUninstDetails show

VIAddVersionKey ProductName "qbwc-bridge"
VIAddVersionKey ProductVersion "${VERSION}"
VIAddVersionKey FileDescription "Setup of qbwc-bridge"
VIAddVersionKey FileVersion "${VERSION}"
VIAddVersionKey LegalCopyright ""
VIProductVersion "${VERSION}.0"

!include MUI2.nsh
!include LogicLib.nsh
!include FileFunc.nsh
!include TextFunc.nsh
!include x64.nsh
!include WinVer.nsh

!define TASK_NAME "qbwc-bridge"
!define UNINSTALL_KEY "Software\Microsoft\Windows\CurrentVersion\Uninstall\qbwc-bridge"
!define PAGE_ADDRESS "http://localhost:8085/"
!define WAIT_SECONDS 30 ; a stopped server ends at once; a command that somebody runs beside it may take this long

; Windows' own names differ by language, these do not.
!define ADMINISTRATORS "*S-1-5-32-544"
!define SYSTEM "*S-1-5-18"
!define LOCAL_SERVICE "*S-1-5-19"

!define EXIT_NOTHING_CHANGED 2
!define EXIT_ANSWERS_REFUSED 3

Var DataDir
Var Answers   ; file of /ANSWERS=, or nothing
Var FirstRun  ; 1 where there were neither program nor data before
Var Stopped   ; 1 while a server that ran before is held stopped
Var Noting    ; 1 once setup.log may be written
Var ExitCode
Var Output

!include "steps.nsh"
!include "wizard.nsh"

!define MUI_ABORTWARNING
!define MUI_WELCOMEPAGE_TITLE "qbwc-bridge ${VERSION}"
!define MUI_WELCOMEPAGE_TEXT "This installs the bridge between Procore and QuickBooks Desktop on this PC, or brings an older one \
  up to date. It needs no network.$\r$\n$\r$\nThe server starts with the PC and runs under an account that may change its own \
  data folder and nothing else. An upgrade makes a backup first; if that fails, the old version stays."
!insertmacro MUI_PAGE_WELCOME
!insertmacro MUI_PAGE_INSTFILES
Page custom QuestionsShow QuestionsLeave
Page custom DoctorShow
!define MUI_FINISHPAGE_RUN
!define MUI_FINISHPAGE_RUN_TEXT "Open the status page, which leads on step by step"
!define MUI_FINISHPAGE_RUN_FUNCTION OpenPage
!insertmacro MUI_PAGE_FINISH
!insertmacro MUI_UNPAGE_CONFIRM
!insertmacro MUI_UNPAGE_INSTFILES
!insertmacro MUI_LANGUAGE English

Function .onInit
  ${IfNot} ${RunningX64}
  ${OrIfNot} ${AtLeastWin10}
    MessageBox MB_ICONSTOP "qbwc-bridge needs 64-bit Windows 10, Windows Server 2016, or newer." /SD IDOK
    SetErrorLevel ${EXIT_NOTHING_CHANGED}
    Quit
  ${EndIf}
  System::Call 'kernel32::CreateMutexW(p 0, i 0, w "Global\qbwc-bridge-setup") ?e'
  Pop $0
  ${If} $0 == 183 ; ERROR_ALREADY_EXISTS
    MessageBox MB_ICONSTOP "The setup of qbwc-bridge runs already: wait until it ends." /SD IDOK
    SetErrorLevel ${EXIT_NOTHING_CHANGED}
    Quit
  ${EndIf}
  Call Places
  ${GetParameters} $0
  ClearErrors
  ${GetOptions} $0 "/ANSWERS=" $Answers
  ${If} ${Errors}
    StrCpy $Answers ""
  ${Else}
    GetFullPathName $0 $Answers
    ${IfNot} ${FileExists} $0
      MessageBox MB_ICONSTOP "There is no file $Answers: name the file of answers by its whole path." /SD IDOK
      SetErrorLevel ${EXIT_NOTHING_CHANGED}
      Quit
    ${EndIf}
    StrCpy $Answers $0
  ${EndIf}
  StrCpy $FirstRun 0
  ${IfNot} ${FileExists} "$INSTDIR\program\python.exe"
  ${AndIfNot} ${FileExists} "$DataDir\bridge.db"
    StrCpy $FirstRun 1
  ${EndIf}
FunctionEnd

Function un.onInit
  Call un.Places
  StrCpy $Noting 1
FunctionEnd

Section "qbwc-bridge"
  Call ShutDataFolder
  !insertmacro Note "Setup of version ${VERSION}"
  Call TakeUpBrokenOff

  DetailPrint "Laying the new program beside the old one"
  RMDir /r "$INSTDIR\program.new"
  SetOutPath "$INSTDIR\program.new"
  File /r "${TREE}/program/*"
  SetOutPath "$INSTDIR"
  !insertmacro Run "The new program" '"$INSTDIR\program.new\python.exe" -m qbwc_bridge --version'
  ${If} $ExitCode != 0
    Push "The new program does not run on this PC."
    Call GiveUp
  ${EndIf}
  ; The server's account cannot write here, so what Python keeps of its modules is made now. A file may be in another
  ; Python's grammar, which no one imports: the exit code says nothing.
  !insertmacro Run "Making it quick" '"$INSTDIR\program.new\python.exe" -m compileall -q "$INSTDIR\program.new\Lib"'

  ${If} ${FileExists} "$INSTDIR\program\python.exe"
    Call StopServer
    Call BackUp
  ${EndIf}
  Call Replace
  !insertmacro Bridge "The database" 'db upgrade'
  ${If} $ExitCode != 0
    Push "The database could not be brought to version ${VERSION}."
    Call PutBack
  ${EndIf}

  SetOutPath "$PLUGINSDIR"
  File "/oname=task.xml" "${TASK}"
  SetOutPath "$INSTDIR"
  !insertmacro Schtasks "The start-up task" '/Create /F /TN "${TASK_NAME}" /XML "$PLUGINSDIR\task.xml"'
  ${If} $ExitCode != 0
    Push "The start-up task could not be registered. The new program is in place: run the setup again."
    Call GiveUp
  ${EndIf}
  !insertmacro Schtasks "Starting the server" '/Run /TN "${TASK_NAME}"'
  StrCpy $Stopped 0
  RMDir /r "$INSTDIR\program.old"

  File "${TREE}/qbwc-bridge.cmd"
  File "${TREE}/LICENCES.txt"
  WriteUninstaller "$INSTDIR\uninstall.exe"
  Call Shortcuts
  Call Register

  ${If} $Answers != ""
    Call TakeAnswers
  ${EndIf}
  ${If} ${Silent}
    Call Doctor
  ${EndIf}
SectionEnd

Section "Uninstall"
  Call un.StopServer
  !insertmacro Schtasks "The start-up task" '/Delete /F /TN "${TASK_NAME}"'
  RMDir /r "$INSTDIR\program"
  RMDir /r "$INSTDIR\program.old"
  RMDir /r "$INSTDIR\program.new"
  Delete "$INSTDIR\qbwc-bridge.cmd"
  Delete "$INSTDIR\LICENCES.txt"
  Delete "$INSTDIR\uninstall.exe"
  SetOutPath "$TEMP" ; a folder that somebody stands in cannot be removed
  RMDir "$INSTDIR"
  RMDir /r "$SMPROGRAMS\qbwc-bridge"
  DeleteRegKey HKLM "${UNINSTALL_KEY}"
  !insertmacro Note "The program was removed"
  DetailPrint "The data stay in $DataDir"
  MessageBox MB_ICONINFORMATION "qbwc-bridge is removed. Its data stay in $DataDir: database, key file, settings, backups. \
    Delete that folder by hand if nobody needs it any more." /SD IDOK
SectionEnd
