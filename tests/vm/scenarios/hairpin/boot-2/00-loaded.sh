# The same-node Service on Debian's stock kernel with br_netfilter loaded.
. "$machine/suite.sh"
modprobe br_netfilter
lab
check "loaded: the default set is as expected" test "$(grep -c '"IsAsExpected":true' /run/lab)" = 14
suite "loaded: every cell" -class K8sNetfilter.Tests.Diagnosis.LabTests
suite "loaded: probes" -method '*.BridgeNetfilterOff_or_ModuleMissing_and_Passive_sees_it_too' -method '*.ForwardingOff_and_DroppedByRule' -method '*.EndpointRefused_and_EndpointSilent'
