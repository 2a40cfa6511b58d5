using K8sNetfilter.Addressing;
using K8sNetfilter.Interop.Files;
using K8sNetfilter.Interop.Netlink;
using K8sNetfilter.Namespaces;
using K8sNetfilter.Netlink;

namespace K8sNetfilter.Rulesets;

/// <summary>
/// The state of one backend's rules of one family when their reading begins, and whether it is still the same. Of nf_tables that is the
/// number of its generation, which each commit raises; legacy has none, so that the tables, and how many rules and bytes each has, are
/// compared.
/// </summary>
internal sealed class RulesetWatch : IDisposable
{
    // struct ipt_getinfo of linux/netfilter_ipv4/ip_tables.h; struct ip6t_getinfo is the same.
    private const int InfoSize = 84;
    private const int NameSize = 32;

    // IPT_SO_GET_INFO and IP6T_SO_GET_INFO.
    private const int GetInfo = 64;

    private readonly IPFamily _family;
    private readonly NetlinkConnection? _connection;
    private readonly Func<(IReadOnlyList<string> Tables, byte[] Info)>? _look;
    private readonly byte[] _info = [];

    private RulesetWatch(NetlinkConnection? connection, IPFamily family, CancellationToken cancellation)
    {
        _connection = connection;
        _family = family;
        Generation = connection is null ? null : NftTables.Generation(connection, cancellation);
        Tables = connection is null ? [] : NftTables.Names(connection, family, cancellation);
    }

    private RulesetWatch(Func<(IReadOnlyList<string> Tables, byte[] Info)> look, IPFamily family)
    {
        _look = look;
        _family = family;
        (Tables, _info) = look();
    }

    /// <summary>The backend's tables of the family.</summary>
    public IReadOnlyList<string> Tables { get; }

    /// <summary>The generation of nf_tables; null for legacy, and where the kernel does not say it.</summary>
    public uint? Generation { get; }

    /// <summary>Whether it is nf_tables', which the tool reads whole before it prints anything.</summary>
    public bool IsNft => _look is null;

    /// <summary>Begins with nf_tables.</summary>
    public static RulesetWatch OfNft(NftTables nft, IPFamily family, CancellationToken cancellation)
    {
        var connection = nft.TryConnect();
        try
        {
            return new RulesetWatch(connection, family, cancellation);
        }
        catch
        {
            connection?.Dispose();
            throw;
        }
    }

    /// <summary>Begins with legacy.</summary>
    /// <param name="listTables">Lists the tables, on a thread that is in the namespace.</param>
    /// <param name="inside">The namespace; null for the calling thread's.</param>
    /// <param name="family">The family.</param>
    public static RulesetWatch OfLegacy(Func<IReadOnlyList<string>> listTables, NetworkNamespace? inside, IPFamily family)
    {
        (IReadOnlyList<string>, byte[]) Look()
        {
            var tables = listTables();
            return (tables, tables.Count == 0 ? [] : ReadInfo(tables, family));
        }

        return new RulesetWatch(inside is null ? Look : () => inside.Run(Look), family);
    }

    /// <summary>Whether nothing has changed since.</summary>
    public bool IsSame(CancellationToken cancellation)
    {
        if (_look is { } look)
        {
            var (tables, info) = look();
            return info.AsSpan().SequenceEqual(_info) && tables.SequenceEqual(Tables, StringComparer.Ordinal);
        }

        return _connection is null || Generation is null || NftTables.Generation(_connection, cancellation) == Generation;
    }

    /// <inheritdoc/>
    public void Dispose() => _connection?.Dispose();

    // Only of tables that are there: to ask for another creates it.
    private static byte[] ReadInfo(IReadOnlyList<string> tables, IPFamily family)
    {
        const int AF_INET = 2, AF_INET6 = 10, SOCK_DGRAM = 2, SOCK_CLOEXEC = 0x80000, IPPROTO_IP = 0, IPPROTO_IPV6 = 41;
        bool v6 = family == IPFamily.IPv6;
        int descriptor = Sockets.Open(v6 ? AF_INET6 : AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
        if (descriptor < 0)
        {
            return [];
        }

        using var socket = new SafeDescriptor(descriptor);
        byte[] all = new byte[tables.Count * InfoSize];
        for (int i = 0; i < tables.Count; i++)
        {
            var info = all.AsSpan(i * InfoSize, InfoSize);
            if (System.Text.Encoding.ASCII.GetByteCount(tables[i]) >= NameSize)
            {
                continue;
            }

            System.Text.Encoding.ASCII.GetBytes(tables[i], info);
            // What is refused here is refused to the tool too, which says so.
            if (Sockets.GetOption(socket, v6 ? IPPROTO_IPV6 : IPPROTO_IP, GetInfo, info) != 0)
            {
                info.Clear();
            }
        }

        return all;
    }
}
