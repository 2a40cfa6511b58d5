using System.Collections;
using System.Management.Automation;
using System.Management.Automation.Language;
using K8sNetfilter.Errors;
using K8sNetfilter.IO;
using K8sNetfilter.Namespaces;
using K8sNetfilter.Rulesets;

namespace K8sNetfilter.Completion;

/// <summary>Completes the chains of this node, or of the dump or network namespace that the command names.</summary>
public sealed class NetfilterChainCompleter : IArgumentCompleter
{
    private const int Most = 500;

    // Completion must not hang the prompt: what a large ruleset shows in this time has to do.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(2);

    /// <inheritdoc/>
    public IEnumerable<CompletionResult> CompleteArgument(
        string commandName, string parameterName, string wordToComplete, CommandAst commandAst, IDictionary fakeBoundParameters)
    {
        ArgumentNullException.ThrowIfNull(fakeBoundParameters);
        string start = (wordToComplete ?? "").Trim('\'', '"');
        var chains = new SortedSet<string>(StringComparer.Ordinal);
        bool Take(NetfilterChain chain)
        {
            if (chains.Count < Most && chain.Name.StartsWith(start, StringComparison.OrdinalIgnoreCase) && Printable.Text(chain.Name) == chain.Name)
            {
                chains.Add(chain.Name);
            }

            return false;
        }

        try
        {
            using var patience = new CancellationTokenSource(Patience);
            if (fakeBoundParameters["Path"] is { } path)
            {
                RulesetFile.Read(path.ToString()!, new RulesetParserOptions { WantsChain = Take }, patience.Token);
            }
            else
            {
                using var inside = fakeBoundParameters["NetNamespace"] is { } name ? NetworkNamespace.Open(KernelRoot.Live, name.ToString()!) : null;
                new LiveRulesetSource(KernelRoot.Live, inside).Read(
                    new RulesetQuery { Table = fakeBoundParameters["Table"]?.ToString(), WantsChain = Take, ChainsOnly = true }, patience.Token);
            }
        }
        catch (Exception e) when (e is NodeException or OperationCanceledException)
        {
            // Completion shows no errors; what was found before is shown.
        }

        return chains.Select(c => new CompletionResult(c));
    }
}
