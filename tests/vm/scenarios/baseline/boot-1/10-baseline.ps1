# From drift to the desired state and back, twice: the second time it stays for the next boot.
$baseline = "$env:VM_SCENARIOS/../drifted.psd1"
function Etc { (Tool sh -c "cd /etc && { find . -printf '%p %y %m %U %G %l\n' | sort; find . -type f -print0 | sort -z | xargs -0 sha256sum; } | sha256sum") }
function Bad { @(Capture { Test-NodeBaseline $baseline }).Output | Where-Object { -not $_.IsInDesiredState -and $_.Kind -ne 'Chain' } }
function Flags { "$(Read-Text /sys/class/net/br0/bridge/nf_call_iptables) $(Read-Text /sys/class/net/v0/brport/hairpin_mode)" }

$before = Etc
Check 'every kind of requirement is found wrong' {
    $bad = @(Bad)
    $kinds = foreach ($one in 'Module', 'Sysctl', 'File', 'Bridge') { if (@($bad | Where-Object { "$($_.Kind)" -eq $one }).Count -eq 0) { $one } }
    True (-not $kinds) "nothing is wrong with: $kinds"
    # br_netfilter absent, dummy present; four sysctls of net and vm, kernel.panic at boot alone.
    True ($bad.Count -ge 9) "only $($bad.Count) are wrong: $($bad | ForEach-Object { $_.Name })"
}

Check '-WhatIf prints the steps and changes nothing' {
    $null = Capture { Set-NodeBaseline $baseline -WhatIf }
    Equal (Etc) $before 'the checksum of /etc'
    True (-not (Test-There /sys/module/br_netfilter)) 'br_netfilter is loaded'
}

Check 'a read-only /proc/sys is named, and what needs it is not attempted' {
    $null = Tool sh -c 'mount --bind /proc/sys /proc/sys && mount -o remount,bind,ro /proc/sys'
    try {
        $errors = (Capture { Test-NodeBaseline $baseline | Where-Object { $_.Name -eq 'vm.overcommit_memory' } | Set-NodeBaseline -Confirm:$false }).Errors
        Equal $errors.Count 1 'the number of errors'
        Match "$($errors[0])" 'vm.overcommit_memory.*read-only' 'the error'
    }
    finally { $null = Tool umount /proc/sys }
    Equal (Etc) $before 'the checksum of /etc'
}

Check 'Set brings it to the desired state, and names the chain that it cannot make' {
    $said = Capture { Set-NodeBaseline $baseline -Confirm:$false -PassThru }
    foreach ($step in $said.Output) { Note "$step" }
    Equal $said.Errors.Count 1 "the number of errors ($($said.Errors | ForEach-Object { "$_" }))"
    Match "$($said.Errors[0])" 'Chain KUBE-SERVICES' 'the error'
    Equal @(Bad).Count 0 "what is still wrong ($(Bad | ForEach-Object { "$($_.Name): $($_.Cause)" }))"
    True (Test-There /sys/module/br_netfilter) 'br_netfilter is not loaded'
    True (-not (Test-There /sys/module/dummy)) 'dummy is loaded'
    Equal (Read-Sysctl net/ipv4/ip_forward) 1 'ip_forward'
    Equal (Read-Sysctl vm/overcommit_memory) 1 'overcommit_memory'
    Equal (Flags) '0 1' 'flag and hairpin (the sysctl is on, so that the bridge needs no flag of its own)'
}

Check 'a second Set changes nothing' {
    $after = Etc
    True ($after -cne $before) 'the first Set changed no file'
    $said = Capture { Set-NodeBaseline $baseline -Confirm:$false -PassThru }
    Equal $said.Output.Count 0 'the number of steps'
    Equal (Etc) $after 'the checksum of /etc'
}

Check 'Undo restores every file byte for byte, the kernel, and the modules' {
    True (Test-There /var/lib/k8snetfilter/last-change.json) 'there is no journal'
    $said = Capture { Undo-NodeBaseline -Confirm:$false -PassThru }
    True (-not $said.Errors.Count) "an error: $($said.Errors[0])"
    foreach ($warning in $said.Warnings) { Note $warning }
    Equal (Etc) $before 'the checksum of /etc'
    True (-not (Test-There /sys/module/br_netfilter)) 'br_netfilter is still loaded'
    True (Test-There /sys/module/dummy) 'dummy is not loaded again'
    Equal (Read-Sysctl net/ipv4/ip_forward) 0 'ip_forward'
    Equal (Read-Sysctl vm/overcommit_memory) 0 'overcommit_memory'
    Equal (Flags) '0 0' 'flag and hairpin'
    True (-not (Test-There /var/lib/k8snetfilter)) 'the journal is still there'
}

Check 'Set once more, for the next boot' {
    $null = Capture { Set-NodeBaseline $baseline -Confirm:$false }
    Equal @(Bad).Count 0 'what is still wrong'
    # Of this machine only /etc stays; of a node /var does, too.
    $null = Tool cp -p /var/lib/k8snetfilter/last-change.json "$env:VM_KEPT/"
    Save-Note baseline @{ before = $before }
}
