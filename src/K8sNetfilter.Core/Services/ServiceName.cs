namespace K8sNetfilter.Services;

/// <summary>The name of a Service's port, as kube-proxy writes it: <c>namespace/name:port</c>, or <c>namespace/name</c>.</summary>
/// <param name="Namespace">The Service's namespace.</param>
/// <param name="Name">The Service's name.</param>
/// <param name="PortName">The port's name; null where it has none.</param>
public sealed record ServiceName(string Namespace, string Name, string? PortName)
{
    /// <summary>Reads the name at the beginning of a rule's comment, or a name alone; null if there is none.</summary>
    public static ServiceName? Parse(ReadOnlySpan<char> text)
    {
        int end = text.IndexOf(' ');
        var word = end < 0 ? text : text[..end];
        int slash = word.IndexOf('/');
        if (slash <= 0 || slash == word.Length - 1)
        {
            return null;
        }

        var rest = word[(slash + 1)..];
        int colon = rest.IndexOf(':');
        var service = colon < 0 ? rest : rest[..colon];
        var port = colon < 0 ? default : rest[(colon + 1)..];
        // Up to 1.17 a port without a name has the colon too: "ns/name:".
        return IsLabel(word[..slash]) && IsLabel(service) && (port.IsEmpty || IsLabel(port))
            ? new ServiceName(word[..slash].ToString(), service.ToString(), port.IsEmpty ? null : port.ToString())
            : null;
    }

    /// <inheritdoc/>
    public override string ToString() => PortName is null ? $"{Namespace}/{Name}" : $"{Namespace}/{Name}:{PortName}";

    /// <summary>RFC 1123 labels: what Kubernetes lets a namespace, a Service and a port be called.</summary>
    private static bool IsLabel(ReadOnlySpan<char> text)
    {
        if (text.Length is 0 or > 63)
        {
            return false;
        }

        foreach (char c in text)
        {
            if (!char.IsAsciiLetterLower(c) && !char.IsAsciiDigit(c) && c != '-')
            {
                return false;
            }
        }

        return true;
    }
}
