; Two pages of setup.nsi after the installation: the questions of a first run, and what `doctor` says.

Var AdminName
Var AdminPassword
Var Connection
Var CompanyId
Var ClientId
Var ClientSecret
Var CompanyName
Var Line ; how far down the page the next field stands, in dialog units

!macro Field KIND LABEL VARIABLE
  ${NSD_CreateLabel} 0 $Line 110u 10u "${LABEL}"
  Pop $0
  ${NSD_Create${KIND}} 112u $Line 186u 12u ""
  Pop ${VARIABLE}
  IntOp $Line $Line + 15
  StrCpy $Line "$Lineu"
!macroend

; One line of the file of answers; a line end cannot be typed into a field.
!macro Answer KEY FIELD
  ${NSD_GetText} ${FIELD} $1
  FileWriteUTF16LE $0 "${KEY} = $1$\r$\n"
!macroend

Function QuestionsShow
  ${If} $FirstRun == 0
  ${OrIf} $Answers != ""
    Abort
  ${EndIf}
  !insertmacro MUI_HEADER_TEXT "First run" "Who looks after the bridge, and which Procore company it joins."
  nsDialogs::Create 1018
  Pop $0
  ${NSD_CreateLabel} 0 0 100% 18u "The lower five may be left empty: the status page asks for them. Without a name nothing is \
    made now; the command qbwc-bridge user add makes it later."
  Pop $0
  StrCpy $Line "21u"
  !insertmacro Field Text "Your name on the status page" $AdminName
  !insertmacro Field Password "Your password for it" $AdminPassword
  IntOp $Line $Line + 4
  StrCpy $Line "$Lineu"
  !insertmacro Field Text "Name of the connection" $Connection
  !insertmacro Field Text "Procore company number" $CompanyId
  !insertmacro Field Text "Procore client id" $ClientId
  !insertmacro Field Password "Procore client secret" $ClientSecret
  !insertmacro Field Text "Company name in QuickBooks" $CompanyName
  ReadEnvStr $1 USERNAME
  ${NSD_SetText} $AdminName $1
  nsDialogs::Show
FunctionEnd

Function QuestionsLeave
  ${NSD_GetText} $AdminName $1
  ${If} $1 == ""
    Return
  ${EndIf}
  ; In the data folder, which is shut already, for as long as the command reads it.
  FileOpen $0 "$DataDir\answers.tmp" w
  FileWriteUTF16LE /BOM $0 ""
  !insertmacro Answer admin_name $AdminName
  !insertmacro Answer admin_password $AdminPassword
  !insertmacro Answer connection $Connection
  !insertmacro Answer procore_company_id $CompanyId
  !insertmacro Answer procore_client_id $ClientId
  !insertmacro Answer procore_client_secret $ClientSecret
  !insertmacro Answer company_name $CompanyName
  FileClose $0
  !insertmacro Bridge "First run" 'first-run "$DataDir\answers.tmp" --qwc-folder "$DESKTOP"'
  Delete "$DataDir\answers.tmp"
  ${If} $ExitCode != 0
    MessageBox MB_ICONEXCLAMATION "$Output"
    Abort ; stays on the page
  ${EndIf}
FunctionEnd

Function DoctorShow
  !insertmacro MUI_HEADER_TEXT "Check-up" "Everything can be looked at again at any time: qbwc-bridge doctor"
  Call Doctor
  nsDialogs::Create 1018
  Pop $0
  nsDialogs::CreateControl EDIT "${DEFAULT_STYLES}|${WS_VSCROLL}|${WS_TABSTOP}|${ES_MULTILINE}|${ES_READONLY}|${ES_AUTOVSCROLL}" \
    "${__NSD_Text_EXSTYLE}" 0 0 100% 100% ""
  Pop $2
  FileOpen $0 "$PLUGINSDIR\doctor.txt" r
  ${Do}
    ClearErrors
    FileRead $0 $1
    ${If} ${Errors}
      ${Break}
    ${EndIf}
    SendMessage $2 ${EM_REPLACESEL} 0 "STR:$1"
  ${Loop}
  FileClose $0
  ; What has been answered is done, and what stands before it is the installation.
  GetDlgItem $0 $HWNDPARENT 3
  EnableWindow $0 0
  nsDialogs::Show
FunctionEnd
