using System.Security.Cryptography;
using System.Text;

namespace K8sNetfilter.Services;

/// <summary>
/// The names that kube-proxy gives its chains: a prefix and the first 16 characters of the base32 of a SHA-256
/// (kubernetes/pkg/proxy/iptables/proxier.go). The name of a Service can be found by trying, where comments are missing.
/// </summary>
public static class KubeProxyChain
{
    /// <summary>The chain of all a Service's endpoints.</summary>
    public const string ServicePrefix = "KUBE-SVC-";

    /// <summary>The chain of the endpoints on this node.</summary>
    public const string LocalPrefix = "KUBE-SVL-";

    /// <summary>The chain for traffic from outside the cluster to the endpoints on this node, up to 1.23.</summary>
    public const string LocalExternalPrefix = "KUBE-XLB-";

    /// <summary>The chain for traffic from outside the cluster, since 1.24.</summary>
    public const string ExternalPrefix = "KUBE-EXT-";

    /// <summary>The chain that lets only the load balancer's source ranges in.</summary>
    public const string FirewallPrefix = "KUBE-FW-";

    /// <summary>The chain of one endpoint.</summary>
    public const string EndpointPrefix = "KUBE-SEP-";

    private const string Alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

    /// <summary>The hash of a Service's chains.</summary>
    /// <param name="servicePort"><c>namespace/name:port</c>; without <c>:port</c> where the Service's port has no name.</param>
    /// <param name="protocol">The protocol, in any case.</param>
    public static string Hash(string servicePort, string protocol) => Hash(servicePort + Lower(protocol));

    /// <summary>The hash of an endpoint's chain.</summary>
    /// <param name="servicePort">As for <see cref="Hash(string, string)"/>.</param>
    /// <param name="protocol">The protocol, in any case.</param>
    /// <param name="endpoint"><c>address:port</c>, an IPv6 address in brackets.</param>
    public static string EndpointHash(string servicePort, string protocol, string endpoint) => Hash(servicePort + Lower(protocol) + endpoint);

    /// <summary>The hash at the end of a chain's name; null where the chain is not a Service's or an endpoint's.</summary>
    public static string? HashOf(string chain)
    {
        ArgumentNullException.ThrowIfNull(chain);
        foreach (string prefix in (ReadOnlySpan<string>)[ServicePrefix, LocalPrefix, LocalExternalPrefix, ExternalPrefix, FirewallPrefix, EndpointPrefix])
        {
            if (chain.Length == prefix.Length + 16 && chain.StartsWith(prefix, StringComparison.Ordinal))
            {
                return chain[prefix.Length..];
            }
        }

        return null;
    }

    private static string Lower(string protocol) =>
        string.Create(protocol.Length, protocol, static (span, text) => text.AsSpan().ToLowerInvariant(span));

    private static string Hash(string text)
    {
        Span<byte> digest = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(Encoding.UTF8.GetBytes(text), digest);
        // 16 characters of 5 bits are the first 10 bytes (RFC 4648, section 6).
        return string.Create(16, Convert.ToHexString(digest[..10]), static (name, hex) =>
        {
            var bits = System.Numerics.BigInteger.Parse("0" + hex, System.Globalization.NumberStyles.HexNumber, System.Globalization.CultureInfo.InvariantCulture);
            for (int i = 15; i >= 0; i--)
            {
                name[i] = Alphabet[(int)(bits & 31)];
                bits >>= 5;
            }
        });
    }
}
