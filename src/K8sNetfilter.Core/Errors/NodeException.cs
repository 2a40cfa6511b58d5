using System.Globalization;
using System.Resources;

namespace K8sNetfilter.Errors;

/// <summary>
/// A failure that a user can act on. <see cref="ErrorId"/> stays the same from release to release while the text may change;
/// <see cref="RecommendedAction"/> says what to do next.
/// </summary>
public class NodeException : Exception
{
    /// <summary>Makes a failure.</summary>
    /// <param name="errorId">The name of the message resource; scripts match on it.</param>
    /// <param name="category">What kind of failure it is.</param>
    /// <param name="message">What failed, in a sentence.</param>
    /// <param name="recommendedAction">What to do next, in a sentence; null where nothing sensible can be said.</param>
    /// <param name="innerException">What caused it.</param>
    public NodeException(
        string errorId, NodeErrorCategory category, string message, string? recommendedAction = null, Exception? innerException = null)
        : base(message, innerException)
    {
        ErrorId = errorId;
        Category = category;
        RecommendedAction = recommendedAction;
    }

    /// <summary>
    /// Makes a failure from a floor's message file: <paramref name="errorId"/> names the message, <c>errorId_Action</c>, where it exists,
    /// says what to do next. Both may use <paramref name="arguments"/>.
    /// </summary>
    public static NodeException Create(
        ResourceManager messages, string errorId, NodeErrorCategory category, params object?[] arguments)
    {
        ArgumentNullException.ThrowIfNull(messages);
        var culture = CultureInfo.InvariantCulture;
        string text = messages.GetString(errorId, culture) ?? errorId;
        string? action = messages.GetString(errorId + "_Action", culture);
        return new NodeException(
            errorId, category, string.Format(culture, text, arguments), action is null ? null : string.Format(culture, action, arguments));
    }

    /// <summary>The stable identifier, e.g. <c>ModuleNotFound</c>.</summary>
    public string ErrorId { get; }

    /// <summary>What kind of failure it is.</summary>
    public NodeErrorCategory Category { get; }

    /// <summary>What to do next.</summary>
    public string? RecommendedAction { get; }

    /// <summary>The file, key or object that the failure is about; null if there is none.</summary>
    public string? Subject { get; set; }

    /// <summary>The kernel's error number (errno(3)); 0 where the failure is not the kernel's.</summary>
    public int Errno { get; set; }
}
