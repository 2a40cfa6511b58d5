# The same-node Service on Debian's stock kernel: br_netfilter is not loaded, then it is loaded while connections are open.
. "$machine/suite.sh"
check "br_netfilter is not loaded" test ! -e /sys/module/br_netfilter
lab
check "the lab loads no br_netfilter" test ! -e /sys/module/br_netfilter
check "fourteen scenarios" test "$(grep -c '"Scenario"' /run/lab)" = 14
check "what needs br_netfilter says so" test "$(grep -c '"Observed":"NotRun".*Enable-KernelModule' /run/lab)" = 7
check "the others are as expected" test "$(grep -c '"IsAsExpected":true' /run/lab)" = 7
suite "not loaded: every cell" -class K8sNetfilter.Tests.Diagnosis.LabTests
suite "not loaded: a probe says ModuleMissing" -method '*.Bridge_netfilter_that_is_off_or_missing_is_the_cause_and_Passive_sees_it_too'
suite "connections are open when it comes and goes" -class K8sNetfilter.Tests.Diagnosis.BridgeModuleTests
check "the test unloaded it" test ! -e /sys/module/br_netfilter
