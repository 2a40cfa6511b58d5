namespace K8sNetfilter.Tests.House;

/// <summary>The limit that Module.Tests holds for the module's own assemblies.</summary>
public sealed class MethodLengthTests
{
    [Fact]
    public void Methods_of_k8snf_have_at_most_sixty_lines()
    {
        var lines = MethodLines.Of(Path.Combine(AppContext.BaseDirectory, "k8snf.dll"));
        Assert.True(lines.Count > 100, $"only {lines.Count} methods were read");
        Assert.Empty(lines.Where(m => m.Value > 60).Select(m => $"{m.Key} has {m.Value} lines: cut it by its subjects"));
    }
}
