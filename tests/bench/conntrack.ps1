# Started by conntrack.sh, inside its namespace.
param([int] $Rounds = 5)

. "$PSScriptRoot/compare.ps1"

Compare-Both 'all, into Out-Null' 0.6 'exec conntrack -L >/dev/null 2>&1' { Get-ConntrackEntry | Out-Null }
Compare-Both 'all, into a variable' 0.6 'exec conntrack -L >/dev/null 2>&1' { $null = Get-ConntrackEntry }
Compare-Both 'ten of all, by source' 0.25 'exec conntrack -L -s 192.0.2.1 >/dev/null 2>&1' { $null = Get-ConntrackEntry -Source 192.0.2.1 }
Compare-Both 'none of all, by port' 0.25 'exec conntrack -L -p tcp --dport 81 >/dev/null 2>&1' { $null = Get-ConntrackEntry -Protocol tcp -DestinationPort 81 }
# Marks are the one thing that the tool, too, asks the kernel to compare (CTA_MARK): both wait for one walk through the table inside the
# kernel and do nothing else, so that no reader can be much quicker than the other.
Compare-Both 'ten of all, by mark (one walk each)' 1.0 'exec conntrack -L -m 77 >/dev/null 2>&1' { $null = Get-ConntrackEntry -Mark 77 }
