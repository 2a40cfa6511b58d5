using System.Management.Automation;

namespace K8sNetfilter.Tests.Engine;

/// <summary>What tests of cmdlets have in common: an engine, and a folder that stands for a node.</summary>
public abstract class CommandTests : IDisposable
{
    private readonly TemporaryRoot _node = new();

    private protected ModuleEngine Engine { get; } = new();

    private protected TemporaryRoot Node => _node;

    /// <summary>Runs text with $root, and gives each object as text.</summary>
    private protected string[] Texts(string script) => [.. Engine.Run(script, ("root", Node.Path)).Select(o => o?.ToString() ?? "")];

    /// <summary>Runs text that must write one error, of this id, with what to do about it.</summary>
    private protected ErrorRecord Fails(string script, string id, ErrorCategory category)
    {
        Assert.Empty(Texts(script));
        var error = Assert.Single(Engine.Errors);
        Assert.StartsWith(id + ",K8sNetfilter.Commands.", error.FullyQualifiedErrorId, StringComparison.Ordinal);
        Assert.Equal(category, error.CategoryInfo.Category);
        Assert.False(string.IsNullOrWhiteSpace(error.ErrorDetails?.RecommendedAction));
        // This engine shows the action below the message; who reads the exception finds both in it.
        Assert.Equal($"{error.ErrorDetails!.Message} {error.ErrorDetails.RecommendedAction}", error.Exception.Message);
        return error;
    }

    /// <summary>What Tab offers at the end of a text.</summary>
    private protected string[] Complete(string text)
    {
        string[] found = [.. Engine.Run("(TabExpansion2 $text $text.Length).CompletionMatches.CompletionText", ("text", text)).Select(o => $"{o}")];
        Assert.Empty(Engine.Errors);
        return found;
    }

    /// <summary>Every file of the node with its content and its time: what a change that was only asked about leaves alone.</summary>
    private protected string[] Everything() =>
        [.. Node.Names().Select(n => $"{n} {File.GetLastWriteTimeUtc(Node.At(n)).Ticks} {(File.Exists(Node.At(n)) ? Node.Read(n) : "")}")];

    public void Dispose()
    {
        Engine.Dispose();
        _node.Dispose();
        GC.SuppressFinalize(this);
    }
}
