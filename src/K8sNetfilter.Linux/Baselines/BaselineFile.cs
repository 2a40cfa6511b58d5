using K8sNetfilter.Errors;
using K8sNetfilter.IO;
using K8sNetfilter.Interop;
using K8sNetfilter.Text;

namespace K8sNetfilter.Baselines;

/// <summary>Reads a baseline's file: a regular file of a bounded size, never a pipe or a device that would make the reader wait.</summary>
public static class BaselineFile
{
    /// <summary>Gives the bytes.</summary>
    /// <exception cref="NodeException"><c>BaselineFileNotRead</c>, or that it is too large.</exception>
    public static byte[] Read(string path)
    {
        if (!LiveKernel.IsThere)
        {
            return ReadElsewhere(path);
        }

        using var place = RootedPath.Follow(KernelRoot.Live, path, out int errno);
        using var file = place?.OpenRegular(out errno);
        byte[]? content = file is null ? null : BoundedFile.ReadAll(file, DataLimits.MaximumBytes, out errno);
        return content ?? throw (errno == Errno.EFBIG
            ? BaselineErrors.TooLarge(path, (long)(place?.Status.Size ?? 0)) : NotRead(path, errno));
    }

    // Another system's files, by what the runtime knows of them. What is empty is not opened: a pipe there has no length either.
    private static byte[] ReadElsewhere(string path)
    {
        try
        {
            var file = new FileInfo(path);
            if (file.Length > DataLimits.MaximumBytes)
            {
                throw BaselineErrors.TooLarge(path, file.Length);
            }

            return file.Length == 0 ? [] : File.ReadAllBytes(path);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException or ArgumentException or NotSupportedException)
        {
            throw NotRead(path, Printable.Text(error.Message));
        }
    }

    private static NodeException NotRead(string path, int errno)
    {
        var failure = NotRead(path, errno is 0 or Errno.EINVAL ? BaselineMessages.NoRegularFile : Errno.Describe(errno));
        failure.Errno = errno;
        return failure;
    }

    private static NodeException NotRead(string path, string why) =>
        NodeException.Create(Messages.ResourceManager, nameof(Messages.BaselineFileNotRead), NodeErrorCategory.NotFound,
            Printable.Text(path), why);
}
