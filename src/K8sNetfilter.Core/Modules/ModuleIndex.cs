namespace K8sNetfilter.Modules;

/// <summary>One of the indexes that depmod(8) writes below /lib/modules: keys, which may have wildcards, and the values of each.</summary>
public abstract class ModuleIndex
{
    /// <summary>An index that has nothing.</summary>
    public static ModuleIndex Empty { get; } = new TextModuleIndex([]);

    /// <summary>All keys.</summary>
    public abstract IEnumerable<string> Keys { get; }

    /// <summary>The first value of exactly this key; null if there is none.</summary>
    public abstract string? Find(string key);

    /// <summary>The values of all keys that match a name, in the order in which libkmod gives them.</summary>
    public abstract IReadOnlyList<string> FindMatching(string name);
}
