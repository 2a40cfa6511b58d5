using K8sNetfilter.Addressing;

namespace K8sNetfilter.Surface;

/// <summary>What -Family asks for.</summary>
internal static class FamilyChoice
{
    /// <summary>The one family that is asked for; <see cref="IPFamily.Unspecified"/> for both.</summary>
    public static IPFamily Of(IPFamily[] asked)
    {
        bool v4 = Has(asked, IPFamily.IPv4), v6 = Has(asked, IPFamily.IPv6);
        return v4 == v6 ? IPFamily.Unspecified : v4 ? IPFamily.IPv4 : IPFamily.IPv6;
    }

    /// <summary>Whether a family is named.</summary>
    public static bool Has(IPFamily[] asked, IPFamily family)
    {
        foreach (var one in asked)
        {
            if (one == family)
            {
                return true;
            }
        }

        return false;
    }
}
