# After a real boot: what was set has stayed, and can still be taken back.
$baseline = "$env:VM_SCENARIOS/../drifted.psd1"
$notes = Read-Note baseline
function Etc { (Tool sh -c "cd /etc && { find . -printf '%p %y %m %U %G %l\n' | sort; find . -type f -print0 | sort -z | xargs -0 sha256sum; } | sha256sum") }
function Bad { @(Capture { Test-NodeBaseline $baseline }).Output | Where-Object { -not $_.IsInDesiredState -and "$($_.Kind)" -notin 'Chain', 'Bridge' -and $_.Name -ne 'net.ipv4.conf.all.log_martians' } }

Check 'the reboot keeps it' {
    Equal @(Bad).Count 0 "what is wrong ($(Bad | ForEach-Object { "$($_.Name): $($_.Cause)" }))"
    Match (Read-Text /run/vm/modules-after) 'br_netfilter' 'what systemd-modules-load loaded'
    Match (Read-Text /run/vm/sysctl-after) 'net.bridge.bridge-nf-call-iptables = 1' 'what systemd-sysctl set'
    True (-not (Test-There /sys/module/dummy)) 'dummy is loaded'
}

Check 'a Set after the reboot changes no file' {
    $after = Etc
    $said = Capture { Test-NodeBaseline $baseline | Where-Object { "$($_.Kind)" -notin 'Chain', 'Bridge' -and $_.Name -ne 'net.ipv4.conf.all.log_martians' } | Set-NodeBaseline -Confirm:$false -PassThru -Verbose }
    Equal $said.Output.Count 0 'the number of steps'
    True (-not $said.Errors.Count) "an error: $($said.Errors[0])"
    Match "$($said.Verbose)" 'nothing to do' 'what -Verbose says'
    Equal (Etc) $after 'the checksum of /etc'
}

Check 'Undo after the reboot restores every file byte for byte' {
    $null = Tool sh -c "mkdir -p /var/lib/k8snetfilter && cp -p '$env:VM_KEPT/last-change.json' /var/lib/k8snetfilter/"
    $said = Capture { Undo-NodeBaseline -Confirm:$false }
    True (-not $said.Errors.Count) "an error: $($said.Errors[0])"
    Equal (Etc) $notes.before 'the checksum of /etc'
    True (-not (Test-There /sys/module/br_netfilter)) 'br_netfilter is still loaded'
    Equal (Read-Sysctl net/ipv4/ip_forward) 0 'ip_forward'
}
