namespace K8sNetfilter.Diagnosis;

/// <summary>Things that one thread works on, one after the other.</summary>
internal sealed class SideBySideBatch<TIn, TOut>(TIn[] items)
{
    public TIn[] Items { get; } = items;

    public TaskCompletionSource<List<TOut>> Outcomes { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
}
