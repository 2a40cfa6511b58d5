using System.Text.Json;

namespace K8sNetfilter.Snapshots.Reading;

/// <summary>Reads a JSON file of a snapshot.</summary>
internal static class Json
{
    /// <summary>Runs a reader; what is no JSON of the tool becomes an error that names the file.</summary>
    public static T Read<T>(string file, Func<T> read)
    {
        try
        {
            return read();
        }
        catch (JsonException e)
        {
            throw SnapshotFailure.FileInvalid(file, e.Message);
        }
    }
}
