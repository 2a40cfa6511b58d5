# The same-node Service on Debian's stock kernel with br_netfilter loaded.
. "$machine/../hairpin/suite.sh"
modprobe br_netfilter
lab
check "loaded: the default set is as expected" test "$(grep -c '"IsAsExpected":true' /run/lab)" = 14
suite "loaded: every cell" -class K8sNetfilter.Tests.Diagnosis.LabTests
suite "loaded: probes" -method '*.Bridge_netfilter_that_is_off_or_missing_is_the_cause_and_Passive_sees_it_too' -method '*.Forwarding_that_is_off_and_a_rule_that_drops_are_told_apart' -method '*.An_endpoint_that_refuses_and_one_that_is_silent_are_told_apart'
