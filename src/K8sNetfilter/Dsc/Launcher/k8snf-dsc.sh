# Answers for DSC with k8snf, which starts fast, where it is installed; else with PowerShell and the module that this file belongs to.
# DSC runs it in this folder: sh k8snf-dsc.sh get Sysctl
command -v k8snf >/dev/null && exec k8snf dsc "$@"
exec pwsh -NoLogo -NoProfile -NonInteractive -File ./k8snf-dsc.ps1 "$@"
