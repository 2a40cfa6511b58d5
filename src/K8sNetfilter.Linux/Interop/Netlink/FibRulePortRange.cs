using System.Runtime.InteropServices;

namespace K8sNetfilter.Interop.Netlink;

/// <summary>Ports of a rule.</summary>
[KernelStruct("struct fib_rule_port_range", "linux/fib_rules.h")]
[StructLayout(LayoutKind.Sequential)]
internal struct FibRulePortRange
{
    public ushort start;
    public ushort end;
}
