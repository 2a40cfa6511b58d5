# What IPVS itself has is what is said of it, live and from a snapshot, and what goes by rules does not judge it.
function Sorted($Text, $By = "`n") { $lines = [string[]] ($Text -split "`n"); [Array]::Sort($lines, [StringComparer]::Ordinal); $lines -join $By }
function Say($Services) { @($Services | ForEach-Object { "$($_.Type) $($_.IP):$($_.Port)/$($_.Protocol) $($_.AffinitySeconds) $($_.ProxyMode) -> " + (Sorted (@($_.EndpointDetails | ForEach-Object { "$_*$($_.Weight)" }) -join "`n") ' ') }) -join "`n" }

$expected = @(
    'ClusterIP 10.96.0.10:80/tcp  Ipvs -> 10.244.0.3:8080*1'
    'ClusterIP 10.96.0.11:53/udp -1 Ipvs -> 10.244.0.2:53*0.5 10.245.0.9:53*0.5'
    'ClusterIP 203.0.113.2:80/tcp  Ipvs -> 10.244.0.3:8080*0.75 10.245.0.9:8080*0.25'
    'ClusterIP fd00:10:96::10:80/tcp  Ipvs -> [fd00:10:244::3]:8080*1'
    'NodePort 10.244.0.1:30080/tcp  Ipvs -> 10.244.0.3:8080*1'
)
$expected = Sorted ($expected -join "`n")

Check 'the Services are those that ipvsadm made' { Equal (Sorted (Say (Work { Get-NodeService }))) $expected 'the Services' }
Check 'an endpoint on this node is told with its bridge' {
    $endpoint = @(Work { Get-NodeService } | Where-Object { "$($_.IP)" -eq '10.96.0.10' })[0].EndpointDetails[0]
    Equal "$($endpoint.Bridge) $($endpoint.IsLocal)" 'cni0 True' 'the endpoint'
}
Check 'a snapshot says the same' {
    $null = Work { Export-NodeSnapshot /tmp/ipvs.tar.gz }
    Equal (Sorted (Say (Get-NodeService -Snapshot /tmp/ipvs.tar.gz 3>$null))) $expected 'the Services'
}
Check 'a redacted one has as many, and none of the addresses' {
    $null = Work { Export-NodeSnapshot /tmp/redacted -Redact }
    Equal @(Get-NodeService -Snapshot /tmp/redacted 3>$null).Count 5 'the count'
    True (-not ((Read-Text /tmp/redacted/proc/net/ip_vs) -match '0A60000A|0AF40003|CB007102')) 'an address stands in the file'
}
Check 'the diagnosis recognises it and does not judge' {
    $all = @(Work { Test-ServiceHairpin })
    Match "$($all.Cause -join ' ') $($all.Evidence -join ' ')" '^(NotByRules )+.*IPVS mode' 'the result'
    $one = @(Work { Test-ServiceHairpin -ServiceIP 10.96.0.10 })
    Equal "$($one.Count) $($one[0].ServiceIP) $($one[0].Verdict) $($one[0].Cause)" '1 10.96.0.10 Unknown NotByRules' 'the result'
}
Check 'a walk to a Service of it is Unknown, one to a pod is not' {
    Equal "$((Trace-NetfilterPacket 10.244.0.2 10.96.0.10 80 -Summary 3>$null).Works)" 'Unknown' 'Works'
    Equal "$((Trace-NetfilterPacket 10.244.0.2 10.244.0.3 8080 -Summary 3>$null).Works)" 'Yes' 'Works'
}
Check 'a probe reaches the endpoint, as conntrack shows' {
    $result = Work { Test-ServiceHairpin -Probe -ServiceIP 10.96.0.10 -Port 80 -SourcePod pod2 }
    Equal "$($result.Verdict) $($result.Cause) $($result.Endpoint)" 'Works None 10.244.0.3:8080' "the probe ($($result.Evidence))"
}
Check 'without bridge netfilter it does not, and the cause is that' {
    [IO.File]::WriteAllText('/proc/sys/net/bridge/bridge-nf-call-iptables', '0')
    try {
        $result = Work { Test-ServiceHairpin -Probe -ServiceIP 10.96.0.10 -Port 80 -SourcePod pod2 -Timeout 3 }
        Equal "$($result.Verdict) $($result.Cause) $($result.Bridge)" 'Broken BridgeNetfilterOff cni0' "the probe ($($result.Evidence))"
        $seen = @(Work { Test-ServiceHairpin -Passive })
        Equal "$($seen.Count) $($seen[0].Cause) $($seen[0].Endpoint)" '1 BridgeNetfilterOff 10.244.0.3:8080' 'what conntrack shows'
    }
    finally { [IO.File]::WriteAllText('/proc/sys/net/bridge/bridge-nf-call-iptables', '1') }
}
