using System.Text;

namespace K8sNetfilter.Fuzz;

/// <summary>What the targets of the configuration files have in common.</summary>
internal static class Inputs
{
    public static IEnumerable<byte[]> Utf8(params string[] texts) => texts.Select(Encoding.UTF8.GetBytes);

    /// <summary>Fails where a promise is broken: afl takes it for a crash.</summary>
    public static void Promise(bool kept, string what)
    {
        if (!kept)
        {
            throw new InvalidOperationException(what);
        }
    }
}
