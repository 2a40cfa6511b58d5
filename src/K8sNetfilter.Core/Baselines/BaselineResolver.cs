using K8sNetfilter.Errors;
using K8sNetfilter.Text;

namespace K8sNetfilter.Baselines;

/// <summary>
/// Puts a baseline and the ones that it extends together: those it extends come first, and what a later one says about the same object
/// replaces what an earlier one said.
/// </summary>
public static class BaselineResolver
{
    private const int MaximumDepth = 16;

    private static string Key(Baseline baseline) => baseline.Path + '\0' + baseline.Name;

    /// <summary>Resolves <paramref name="baseline"/>.</summary>
    /// <param name="baseline">The baseline as its file has it.</param>
    /// <param name="find">Gives the baseline that <c>extends</c> names in another baseline (its name or path, and who extends it).</param>
    /// <exception cref="NodeException"><c>BaselineExtendsItself</c>, or what <paramref name="find"/> throws.</exception>
    public static Baseline Resolve(Baseline baseline, Func<string, Baseline, Baseline> find)
    {
        ArgumentNullException.ThrowIfNull(baseline);
        ArgumentNullException.ThrowIfNull(find);
        var requirements = new List<BaselineRequirement>();
        Collect(baseline, find, requirements, [], []);
        var last = new Dictionary<object, int>();
        for (int i = 0; i < requirements.Count; i++)
        {
            last[(requirements[i].Identity, requirements[i].When.ToString())] = i;
        }

        return baseline with
        {
            Requirements = [.. requirements.Where((r, i) => last[(r.Identity, r.When.ToString())] == i)],
        };
    }

    private static void Collect(
        Baseline baseline, Func<string, Baseline, Baseline> find, List<BaselineRequirement> requirements, List<string> path,
        HashSet<string> done)
    {
        if (path.Contains(Key(baseline)) || path.Count == MaximumDepth)
        {
            throw NodeException.Create(
                Messages.ResourceManager, nameof(Messages.BaselineExtendsItself), NodeErrorCategory.InvalidData, Printable.Text(baseline.Name));
        }

        // Each baseline counts once, however many ways lead to it, so that a web of extends costs no more than its files.
        if (!done.Add(Key(baseline)))
        {
            return;
        }

        path.Add(Key(baseline));
        foreach (string name in baseline.Extends)
        {
            Collect(find(name, baseline), find, requirements, path, done);
        }

        path.RemoveAt(path.Count - 1);
        if (requirements.Count + baseline.Requirements.Count > DataLimits.MaximumRequirements)
        {
            throw NodeException.Create(
                Messages.ResourceManager, nameof(Messages.BaselineExtendsItself), NodeErrorCategory.InvalidData, Printable.Text(baseline.Name));
        }

        requirements.AddRange(baseline.Requirements);
    }
}
