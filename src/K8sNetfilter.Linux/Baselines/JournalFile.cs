namespace K8sNetfilter.Baselines;

/// <summary>A file as it was.</summary>
/// <param name="Content">Its bytes.</param>
/// <param name="Mode">Its permissions.</param>
/// <param name="Uid">Its owner.</param>
/// <param name="Gid">Its group.</param>
internal sealed record JournalFile(byte[] Content, uint Mode, uint Uid, uint Gid);
