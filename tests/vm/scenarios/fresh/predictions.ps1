# What a boot of this machine must have done, told beforehand: written down in one boot, held against the next.

function Read-BootModules { $set = @{}; foreach ($name in (Read-Text /run/vm/modules-after).Split("`n")) { $set[$name] = $true }; $set }
function Read-EarlyModules { $set = @{}; foreach ($name in (Read-Text /run/vm/modules-before).Split("`n")) { $set[$name] = $true }; $set }

# What `sysctl -a` said right after systemd-sysctl, by name.
function Read-BootSysctls([string] $File = '/run/vm/sysctl-after') {
    $values = @{}
    foreach ($line in [IO.File]::ReadAllLines($File)) {
        $name, $value = $line -split ' = ', 2
        if ($null -ne $value) { $values[$name] = ($value -replace '\s+', ' ').Trim() }
    }
    $values
}

# Those among them that a file sets.
function Read-SetSysctls([string] $File) {
    $values = Read-BootSysctls $File
    $set = @{}
    foreach ($sysctl in Work { Get-NodeSysctl }) {
        if ($null -ne $sysctl.SystemValue -and $values.ContainsKey($sysctl.Name)) { $set[$sysctl.Name] = $values[$sysctl.Name] }
    }
    $set
}

# Everything that is loaded, that a boot file names, and that those need: name -> True, False or nothing where it can't be known.
function Get-ModulePrediction {
    $notes = @{}
    $all = @(Work { Get-KernelModule })
    $needed = @($all | ForEach-Object DependsOn) + 'bridge', 'stp', 'llc', 'udp_tunnel', 'team', 'cfg80211', 'rds', 'bonding', 'macvlan', 'tap'
    foreach ($module in $all + @(Work { Get-KernelModule -Name $needed })) { $notes[$module.Name] = $module.LoadsAtBoot }
    $notes
}

function Get-SysctlPrediction([string] $Property) {
    $notes = @{}
    foreach ($sysctl in Work { Get-NodeSysctl }) {
        if ($null -ne $sysctl.$Property) { $notes[$sysctl.Name] = ($sysctl.$Property -replace '\s+', ' ').Trim() }
    }
    $notes
}

# The wrong ones, in words; nothing where all came true. The RAM disk's own modules are there before systemd-modules-load is.
function Compare-ModulePrediction([hashtable] $Notes) {
    $after = Read-BootModules
    $early = Read-EarlyModules
    foreach ($name in $Notes.Keys) {
        $isThere = $after[$name] -or ((Test-There "/sys/module/$name") -and -not (Test-There "/sys/module/$name/initstate"))
        if ("$($Notes[$name])" -eq 'True' -and -not $isThere) { "$name was to be loaded and is not" }
        if ("$($Notes[$name])" -eq 'False' -and $after[$name] -and -not $early[$name]) { "$name was not to be loaded and is" }
    }
    foreach ($name in $after.Keys) {
        if (-not $early[$name] -and -not $Notes.ContainsKey($name)) { "$name is loaded, and nobody said so" }
    }
}

# A key of an interface is foretold for when its interface comes: udev's rule runs systemd-sysctl then.
function Compare-SysctlPrediction([hashtable] $Notes, [hashtable] $Actual) {
    foreach ($name in $Notes.Keys) {
        if ($name -match '^net\.ipv[46]\.(conf|neigh)\.([^.]+)\.' -and -not (Test-There "/proc/sys/net/ipv4/conf/$($Matches[2].Replace('/', '.'))")) { continue }
        if (-not $Actual.ContainsKey($name)) { "$name was to be $($Notes[$name]) and is not there" }
        elseif ($Actual[$name] -cne $Notes[$name]) { "$name was to be $($Notes[$name]) and is $($Actual[$name])" }
    }
}
