using System.Management.Automation;

namespace K8sNetfilter.Errors;

/// <summary>The one place that turns a failure into what PowerShell shows: stable id, category, target and what to do next.</summary>
internal static class ErrorRecords
{
    // From 7.5 on PowerShell shows the recommended action below an error's message; before, only what the message itself says.
    private static readonly bool ShowsAction = typeof(PSObject).Assembly.GetName().Version >= new Version(7, 5);

    /// <summary>Makes the record for <paramref name="failure"/>.</summary>
    /// <param name="failure">A <see cref="NodeException"/>, or anything else that was thrown.</param>
    /// <param name="target">What the user named; the failure's own subject when null.</param>
    public static ErrorRecord From(Exception failure, object? target = null)
    {
        if (failure is not NodeException known)
        {
            return new ErrorRecord(failure, failure.GetType().Name, ErrorCategory.NotSpecified, target);
        }

        if (known.RecommendedAction is not { } action)
        {
            return new ErrorRecord(known, known.ErrorId, Category(known.Category), target ?? known.Subject);
        }

        // Scripts and their tests read the exception's message: it says both.
        var whole = new NodeException(known.ErrorId, known.Category, $"{known.Message} {action}", action, known) { Subject = known.Subject, Errno = known.Errno };
        return new ErrorRecord(whole, known.ErrorId, Category(known.Category), target ?? known.Subject)
        {
            ErrorDetails = new ErrorDetails(ShowsAction ? known.Message : whole.Message) { RecommendedAction = action },
        };
    }

    private static ErrorCategory Category(NodeErrorCategory category) => category switch
    {
        NodeErrorCategory.NotFound => ErrorCategory.ObjectNotFound,
        NodeErrorCategory.InvalidArgument => ErrorCategory.InvalidArgument,
        NodeErrorCategory.InvalidData => ErrorCategory.InvalidData,
        NodeErrorCategory.PermissionDenied => ErrorCategory.PermissionDenied,
        NodeErrorCategory.ResourceBusy => ErrorCategory.ResourceBusy,
        NodeErrorCategory.ResourceUnavailable => ErrorCategory.ResourceUnavailable,
        NodeErrorCategory.SecurityError => ErrorCategory.SecurityError,
        NodeErrorCategory.NotSupported => ErrorCategory.NotImplemented,
        NodeErrorCategory.Timeout => ErrorCategory.OperationTimeout,
        NodeErrorCategory.InvalidResult => ErrorCategory.InvalidResult,
        _ => ErrorCategory.NotSpecified,
    };
}
