# After a reboot, with systemd-modules-load and systemd-sysctl run: what was made to last has lasted, and what was foretold came true.
. "$PSScriptRoot/../predictions.ps1"
Check 'both modules of the Kubernetes documentation are there, by the file that was written' {
    $modules = @(Work { Get-KernelModule -Name overlay, br_netfilter })
    Equal ($modules.State -join ' ') 'Loaded Loaded' 'the states'
    Equal ($modules.BootSource.File -join ' ') '/etc/modules-load.d/k8s.conf /etc/modules-load.d/k8s.conf' 'BootSource'
}
Check 'a module came with the parameters that were persisted' {
    Equal (Read-Text /sys/module/brd/parameters/rd_nr) 2 'rd_nr'
    Equal (Read-Text /sys/module/brd/parameters/rd_size) 1024 'rd_size'
}
Check 'what was disabled for good is not there' {
    foreach ($name in 'geneve', 'sit', 'dummy') { True (-not (Test-There "/sys/module/$name")) "$name is there" }
}
Check 'what was only unloaded is there again' { True (Test-There /sys/module/macsec) 'macsec is not' }
Check 'every module is as it was foretold' {
    $notes = Read-Note modules
    $wrong = @(Compare-ModulePrediction $notes)
    True (-not $wrong) ($wrong -join '; ')
    Note "$($notes.Count) modules were foretold"
}
Check 'and so it is told after it' {
    $wrong = @(Compare-ModulePrediction (Get-ModulePrediction))
    True (-not $wrong) ($wrong -join '; ')
}

Check 'what the Kubernetes documentation asks for is set, by the file that was written' {
    foreach ($name in 'net.bridge.bridge-nf-call-iptables', 'net.bridge.bridge-nf-call-ip6tables', 'net.ipv4.ip_forward') {
        Equal (Read-Sysctl $name.Replace('.', '/')) 1 "what the kernel has as $name"
        $sysctl = Work { Get-NodeSysctl -Name $name }
        Equal $sysctl.Source.File /etc/sysctl.d/k8s.conf "$name's Source"
        Equal $sysctl.IsDrifted $false "$name's IsDrifted"
    }
}
Check 'the node is ready' {
    $node = Work { Get-NodeBridgeNetfilter }
    Equal "$($node.Reasons)" '' 'Reasons'
    Equal "$($node.Ready) $($node.ReadyNow) $($node.ReadyAtBoot)" 'True True True' 'Ready, ReadyNow, ReadyAtBoot'
}
Check 'what was taken out is the kernel''s own again' {
    Equal (Read-Sysctl net/core/somaxconn) 4096 'somaxconn'
    Equal (Read-Sysctl net/ipv4/tcp_retries2) 10 'tcp_retries2, which a packaged file sets,'
}
Check 'a key whose module did not come has no effect, as was said' { True (-not (Test-There /proc/sys/net/ipv4/vs)) 'ip_vs is there' }
Check 'every sysctl is as it was foretold' {
    $notes = Read-Note sysctls
    $wrong = @(Compare-SysctlPrediction $notes (Read-BootSysctls))
    True (-not $wrong) ($wrong -join '; ')
    Note "$($notes.Count) sysctls were foretold"
}
Check 'nothing has drifted' {
    $drifted = @(Work { Get-NodeSysctl } | Where-Object IsDrifted | ForEach-Object Name)
    Equal "$drifted" '' 'the drifted keys'
}
Check 'after sysctl --system every sysctl is as it was foretold' {
    $notes = Get-SysctlPrediction SystemValue
    $null = Tool sh -c 'sysctl --system >/dev/null 2>&1; sysctl -a 2>/dev/null >/run/vm/system'
    $wrong = @(Compare-SysctlPrediction $notes (Read-BootSysctls /run/vm/system))
    True (-not $wrong) ($wrong -join '; ')
}
