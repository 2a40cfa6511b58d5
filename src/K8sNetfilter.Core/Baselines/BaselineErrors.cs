using K8sNetfilter.Errors;
using K8sNetfilter.Text;

namespace K8sNetfilter.Baselines;

/// <summary>The ways in which a baseline file can be wrong. Each names file, line and column.</summary>
public static class BaselineErrors
{
    /// <summary>The file is larger than <see cref="DataLimits.MaximumBytes"/>.</summary>
    public static NodeException TooLarge(string path, long length) =>
        NodeException.Create(
            Messages.ResourceManager, nameof(Messages.BaselineTooLarge), NodeErrorCategory.InvalidData, path, length, DataLimits.MaximumBytes);

    /// <summary>The text is not what its format wants, or not what a baseline may hold.</summary>
    /// <param name="path">The file.</param>
    /// <param name="line">The line, counted from 1.</param>
    /// <param name="column">The column, counted from 1.</param>
    /// <param name="what">What is wrong there, as the end of a sentence.</param>
    public static NodeException Syntax(string path, int line, int column, string what) =>
        NodeException.Create(
            Messages.ResourceManager, nameof(Messages.BaselineSyntax), NodeErrorCategory.InvalidData, path, line, column, Printable.Text(what));
}
