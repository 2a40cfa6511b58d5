# Modules that the kernel itself refuses. What is done here to the running kernel can't be undone before the next boot, so it comes last.
$folder = "/lib/modules/$(Read-Text /proc/sys/kernel/osrelease)/kernel/drivers/net"
function Loaded([string] $Name) { Test-There "/sys/module/$Name/initstate" }

# The signature stands behind the module: the bytes of the PKCS#7 message, a header whose last four bytes are its length, and a magic line
# (struct module_signature, include/linux/module_signature.h).
function Read-Module([string] $Name) {
    $bytes = [IO.File]::ReadAllBytes("$folder/$Name.ko")
    $magic = "~Module signature appended~`n".Length
    $at = $bytes.Length - $magic - 4
    $length = ([int] $bytes[$at] -shl 24) + ([int] $bytes[$at + 1] -shl 16) + ([int] $bytes[$at + 2] -shl 8) + $bytes[$at + 3]
    [pscustomobject]@{ Bytes = $bytes; Code = $bytes.Length - $magic - 12 - $length }
}
foreach ($name in 'dummy', 'ifb', 'nlmon') { if (Loaded $name) { $null = Capture { Disable-KernelModule -Name $name -Confirm:$false } } }
Check "a stock module's signature is found" { $module = Read-Module ifb; True ($module.Code -gt 1000 -and $module.Code -lt $module.Bytes.Length) 'it is not' }

Check 'a damaged signature' {
    $module = Read-Module ifb
    $module.Bytes[2000] = $module.Bytes[2000] -bxor 1
    [IO.File]::WriteAllBytes("$folder/ifb.ko", $module.Bytes)
    Fails { Enable-KernelModule -Name ifb } ModuleSignatureRejected
}
Check 'a file that is no module' {
    [IO.File]::WriteAllText("$folder/nlmon.ko", 'not a module')
    Fails { Enable-KernelModule -Name nlmon } ModuleWrongFormat
}
Check 'lockdown and a module without a signature' {
    $module = Read-Module dummy
    [IO.File]::WriteAllBytes("$folder/dummy.ko", $module.Bytes[0..($module.Code - 1)])
    [IO.File]::WriteAllText('/sys/kernel/security/lockdown', 'integrity')
    Fails { Enable-KernelModule -Name dummy } ModuleLockdown 'locked down'
}
Check 'only signed modules, and one without a signature' {
    [IO.File]::WriteAllText('/sys/module/module/parameters/sig_enforce', '1')
    Fails { Enable-KernelModule -Name dummy } ModuleSignatureRejected
}
Check 'a signed module still loads under lockdown' { Work { Enable-KernelModule -Name bonding }; True (Loaded bonding) 'it is not' }
Check 'no more modules until the next boot' {
    [IO.File]::WriteAllText('/proc/sys/kernel/modules_disabled', '1')
    Fails { Enable-KernelModule -Name veth } ModuleLoadingDisabled 'modules_disabled'
}
Check 'what is loaded is still a success then' { Work { Enable-KernelModule -Name br_netfilter } }
