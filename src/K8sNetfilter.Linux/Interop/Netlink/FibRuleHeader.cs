using System.Runtime.InteropServices;

namespace K8sNetfilter.Interop.Netlink;

/// <summary>The header of a rule message.</summary>
[KernelStruct("struct fib_rule_hdr", "linux/fib_rules.h")]
[StructLayout(LayoutKind.Sequential)]
internal struct FibRuleHeader
{
    public byte family;
    public byte dst_len;
    public byte src_len;
    public byte tos;
    public byte table;
    public byte res1;
    public byte res2;
    public byte action;
    public uint flags;
}
