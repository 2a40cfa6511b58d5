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
