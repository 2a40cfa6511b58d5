using System.Runtime.InteropServices;

namespace K8sNetfilter.Interop.Netlink;

/// <summary>Users of a rule.</summary>
[KernelStruct("struct fib_rule_uid_range", "linux/fib_rules.h")]
[StructLayout(LayoutKind.Sequential)]
internal struct FibRuleUidRange
{
    public uint start;
    public uint end;
}
