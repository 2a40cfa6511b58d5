@{
    name        = 'Drifted'
    description = 'Every kind of requirement, for a node that satisfies none of them.'
    extends     = 'Kubernetes'
    modules     = @( @{ name = 'dummy'; state = 'absent' } )
    sysctls     = @(
        @{ name = 'vm.overcommit_memory'; value = 1 }
        @{ name = 'kernel.panic'; minimum = 10 }
        @{ name = 'net.ipv4.conf.all.log_martians'; oneOf = 1, 2; atBoot = $false }
    )
    bridges     = @( @{ name = 'br0'; callIptables = $true; hairpin = $true } )
    chains      = @( @{ name = 'KUBE-SERVICES'; table = 'nat' } )
}
