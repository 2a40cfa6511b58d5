using System.Management.Automation;
using K8sNetfilter.Baselines;

namespace K8sNetfilter.Commands;

/// <summary>What reads baselines by their names and paths.</summary>
public abstract class BaselineReadingCommand : RootedNetworkCommand
{
    /// <summary>The baselines that names, with wildcards or without, and paths mean, resolved. One that cannot be read is an error, and the rest goes on.</summary>
    private protected IEnumerable<Baseline> Resolve(IEnumerable<string> names)
    {
        foreach (string name in names.SelectMany(n => WildcardPattern.ContainsWildcardCharacters(n) && !n.Contains('/') ? ShippedLike(n) : [n]))
        {
            Baseline? resolved = null;
            Guard(() => resolved = BaselineNames.Resolve(name, GetUnresolvedProviderPathFromPSPath), name);
            if (resolved is not null)
            {
                yield return resolved;
            }
        }
    }

    private static IEnumerable<string> ShippedLike(string pattern)
    {
        var wildcard = new WildcardPattern(pattern, WildcardOptions.IgnoreCase);
        return ShippedBaselines.Names.Where(wildcard.IsMatch);
    }
}
