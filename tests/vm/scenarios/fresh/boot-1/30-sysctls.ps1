# Kernel parameters: now, and what the files make of them at the next boot.
. "$PSScriptRoot/../predictions.ps1"
$file = '/etc/sysctl.d/k8s.conf'
$kubernetes = 'net.bridge.bridge-nf-call-iptables', 'net.bridge.bridge-nf-call-ip6tables', 'net.ipv4.ip_forward'
function Node([string] $Name) { Work { Get-NodeSysctl -Name $Name } }

Check 'setting and persisting what the Kubernetes documentation asks for' {
    $null = Tool sysctl -q -w net.ipv4.ip_forward=0 net.bridge.bridge-nf-call-iptables=0
    Work { Set-NodeSysctl -Setting @{ $kubernetes[0] = 1; $kubernetes[1] = 1; $kubernetes[2] = 1 } -Persist }
    foreach ($name in $kubernetes) {
        Equal (Read-Sysctl $name.Replace('.', '/')) 1 "what the kernel has as $name"
        $sysctl = Node $name
        Equal $sysctl.Value 1 "$name's Value"
        Equal $sysctl.BootValue 1 "$name's BootValue"
        Equal $sysctl.SystemValue 1 "$name's SystemValue"
        Equal $sysctl.Source.File $file "$name's Source"
        Equal $sysctl.IsDrifted $false "$name's IsDrifted"
    }
}
Check 'the node is ready now and at boot' {
    $node = Work { Get-NodeBridgeNetfilter }
    Equal "$($node.Reasons)" '' 'Reasons'
    Equal "$($node.Ready) $($node.ReadyNow) $($node.ReadyAtBoot)" 'True True True' 'Ready, ReadyNow, ReadyAtBoot'
}
Check 'a second time changes nothing' {
    $before = [IO.File]::GetLastWriteTimeUtc($file)
    $said = Capture { Set-NodeSysctl -Name $kubernetes -Value 1 -Persist -Verbose }
    Equal "$($said.Errors)$($said.Warnings)$($said.Output)" '' 'errors, warnings and output'
    Match ($said.Verbose -join "`n") 'ip_forward' 'the verbose text'
    Equal ([IO.File]::GetLastWriteTimeUtc($file)) $before 'the time of the file'
}
Check '-WhatIf changes nothing' {
    $said = Capture { Set-NodeSysctl -Name net.ipv4.ip_forward -Value 0 -Persist -WhatIf }
    Equal $said.Errors.Count 0 "errors ($($said.Errors))"
    # systemd-sysctl leaves a line that repeats an earlier one's value at the earlier one's place (src/sysctl/sysctl.c: parse_file), and
    # 10-vm.conf has this one: conf.all.forwarding, another name of the same variable, is written after it.
    Match "$($said.Warnings)" 'k8s\.conf:\d+ loses.*95-late\.conf:4' 'the warning'
    Equal (Read-Sysctl net/ipv4/ip_forward) 1 'ip_forward'
    Equal (Node net.ipv4.ip_forward).BootValue 1 'BootValue'
}
Check 'the file keeps its comments, owner and mode' {
    $text = [IO.File]::ReadAllText($file)
    [IO.File]::WriteAllText($file, "# mine`n; and this`n" + $text + "# end")
    $null = Tool chmod 640 $file
    $null = Tool chown 12:34 $file
    Work { Set-NodeSysctl -Name vm.swappiness -Value 44 -Persist }
    Match ([IO.File]::ReadAllText($file)) "^# mine`n; and this`n" 'its start'
    True ([IO.File]::ReadAllText($file).Contains($text)) 'the lines that were there are not as they were'
    Equal (Tool stat -c '%a %u %g' $file) '640 12 34' 'mode and owner'
}
Check 'live and boot differ after somebody else wrote' {
    $null = Tool sysctl -q -w net.ipv4.tcp_retries2=12
    $sysctl = Node net.ipv4.tcp_retries2
    Equal "$($sysctl.Value) $($sysctl.BootValue) $($sysctl.IsDrifted)" '12 10 True' 'Value, BootValue, IsDrifted'
    Equal $sysctl.Source '/usr/local/lib/sysctl.d/50-vendor.conf:1' 'Source'
}
Check 'a line that will lose is written, and the winner is named' {
    $said = Capture { Set-NodeSysctl -Name net.core.somaxconn -Value 4000 -Persist -Path 50-mine.conf }
    Equal $said.Errors.Count 0 "errors ($($said.Errors))"
    Match ($said.Warnings -join "`n") '50-mine\.conf:1.*95-late\.conf:3.*3456' 'the warning'
    Equal (Node net.core.somaxconn).BootValue 3456 'BootValue'
}
Check 'sysctl --system and the boot decide differently, and that is said' {
    $said = Capture { Set-NodeSysctl -Name net.ipv4.tcp_fin_timeout -Value 25 -Persist }
    Match ($said.Warnings -join "`n") '/etc/sysctl\.conf:2' 'the warning'
    $sysctl = Node net.ipv4.tcp_fin_timeout
    Equal "$($sysctl.BootValue) $($sysctl.SystemValue)" '25 31' 'BootValue and SystemValue'
}
Check 'a key whose module will not be there at boot is written, and that is said' {
    Work { Enable-KernelModule -Name ip_vs }
    $said = Capture { Set-NodeSysctl -Name net.ipv4.vs.drop_entry -Value 1 -Persist }
    Equal (Read-Sysctl net/ipv4/vs/drop_entry) 1 'drop_entry'
    Match ($said.Warnings -join "`n") 'Enable-KernelModule ip_vs -Persist' 'the warning'
}
Check 'what the kernel refuses is not persisted' {
    Fails { Set-NodeSysctl -Name net.ipv4.tcp_synack_retries -Value 300 -Persist } SysctlRefused '300'
    Equal (Node net.ipv4.tcp_synack_retries).BootValue $null 'BootValue'
}
Check 'a key that this kernel does not have' { Fails { Set-NodeSysctl -Name net.ipv4.no_such -Value 1 -Persist } SysctlNotFound }
Check 'an interface with a dot in its name' {
    $null = Tool ip link add br0.100 type bridge
    Work { Set-NodeSysctl -Name net.ipv4.conf.br0/100.arp_ignore -Value 1 }
    Equal (Read-Text /proc/sys/net/ipv4/conf/br0.100/arp_ignore) 1 'arp_ignore'
    $null = Tool ip link delete br0.100
}
Check 'lines are taken out, and what still sets the key is named' {
    $said = Capture { Remove-NodeSysctl -Name net.core.somaxconn, net.ipv4.tcp_retries2 }
    Equal $said.Errors.Count 0 "errors ($($said.Errors))"
    Match ($said.Warnings -join "`n") 'tcp_retries2.*/usr/local/lib/sysctl\.d/50-vendor\.conf:1' 'the warning'
    Equal (Node net.core.somaxconn).BootValue $null 'BootValue'
}
Check 'a read-only /proc/sys is said to be one' {
    $null = Tool mount --bind /proc/sys /proc/sys
    $null = Tool mount -o 'remount,ro,bind' /proc/sys
    try { Fails { Set-NodeSysctl -Name vm.swappiness -Value 45 -Persist } ReadOnly 'read-only' } finally { $null = Tool umount /proc/sys }
    Equal (Node vm.swappiness).BootValue 44 'BootValue'
}
Check 'a full disk: the running kernel is put back, the file is the old one' {
    $text = [IO.File]::ReadAllText($file)
    $null = & dd if=/dev/zero of=/etc/filler bs=64k 2>&1
    $null = & dd if=/dev/zero of=/etc/filler2 bs=512 2>&1
    try {
        Fails { Set-NodeSysctl -Name vm.swappiness -Value 46 -Persist } SysctlPersistFailed 'put back to 44'
        Fails { Enable-KernelModule -Name veth -Persist } ModulePersistFailed 'no room'
    }
    finally { [IO.File]::Delete('/etc/filler'); [IO.File]::Delete('/etc/filler2') }
    Equal (Read-Sysctl vm/swappiness) 44 'swappiness'
    Equal ([IO.File]::ReadAllText($file)) $text 'the file'
    True (-not (Test-There /sys/module/veth)) 'veth is loaded'
    Equal (Tool sh -c 'find /etc/sysctl.d /etc/modules-load.d -name "*k8s*" | sort') "/etc/modules-load.d/k8s.conf $file" 'what is in the folders'
}
Check 'applying the files as the boot does leaves what the real program leaves' {
    $synced = @((Capture { Sync-NodeSysctl }).Output)
    True ($synced.Count -gt 30) "only $($synced.Count) assignments"
    $null = Tool sh -c 'sysctl -a 2>/dev/null >/run/vm/ours; /lib/systemd/systemd-sysctl; sysctl -a 2>/dev/null >/run/vm/theirs'
    $wrong = @(Compare-SysctlPrediction (Read-SetSysctls /run/vm/ours) (Read-BootSysctls /run/vm/theirs))
    True (-not $wrong) ($wrong -join '; ')
}
Check 'applying the files as procps does leaves what the real program leaves' {
    $null = Capture { Sync-NodeSysctl -Order Procps }
    $null = Tool sh -c 'sysctl -a 2>/dev/null >/run/vm/ours; sysctl --system >/dev/null 2>&1; sysctl -a 2>/dev/null >/run/vm/theirs'
    $wrong = @(Compare-SysctlPrediction (Read-SetSysctls /run/vm/ours) (Read-BootSysctls /run/vm/theirs))
    True (-not $wrong) ($wrong -join '; ')
}
