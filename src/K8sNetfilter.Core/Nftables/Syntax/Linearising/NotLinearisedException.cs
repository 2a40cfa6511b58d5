namespace K8sNetfilter.Nftables.Syntax.Linearising;

/// <summary>A rule that cannot be turned into expressions, with the reason. It does not leave this room.</summary>
internal sealed class NotLinearisedException : Exception
{
    public NotLinearisedException(string message)
        : base(message)
    {
    }
}
