namespace K8sNetfilter.Forwarding;

/// <summary>
/// What net.ipv4.conf says of an interface (Documentation/networking/ip-sysctl.rst). All but forwarding are on where they are on for all
/// interfaces or for this one; of rp_filter the greater number counts (IN_DEV_ORCONF, IN_DEV_MAXCONF in include/linux/inetdevice.h).
/// </summary>
/// <param name="Forwarding">forwarding of this interface alone; null where it is not known.</param>
/// <param name="ReversePathFilter">rp_filter.</param>
/// <param name="RoutesLoopback">route_localnet.</param>
/// <param name="ValidatesByMark">src_valid_mark.</param>
/// <param name="AcceptsLocal">accept_local.</param>
/// <param name="ArpIgnore">arp_ignore.</param>
/// <param name="ArpFilter">arp_filter.</param>
internal sealed record InterfaceSysctls(
    int? Forwarding, int ReversePathFilter, bool RoutesLoopback, bool ValidatesByMark, bool AcceptsLocal, int ArpIgnore, bool ArpFilter)
{
    /// <summary>Reads them; what is not known is 0.</summary>
    public static InterfaceSysctls Read(string item, Func<string, int?> number)
    {
        string key = item.Replace('.', '/');
        return new(
            number($"net.ipv4.conf.{key}.forwarding"), Greater("rp_filter"), Greater("route_localnet") != 0, Greater("src_valid_mark") != 0,
            Greater("accept_local") != 0,
            Greater("arp_ignore"), Greater("arp_filter") != 0);

        int Greater(string name) => Math.Max(number($"net.ipv4.conf.all.{name}") ?? 0, number($"net.ipv4.conf.{key}.{name}") ?? 0);
    }
}
