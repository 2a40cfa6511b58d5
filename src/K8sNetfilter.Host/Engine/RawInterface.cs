using System.Management.Automation.Host;
using K8sNetfilter.Host.Output;

namespace K8sNetfilter.Host.Engine;

/// <summary>The formatter asks how wide a line may be; there is no screen buffer to draw on.</summary>
internal sealed class RawInterface(ConsoleStreams screen) : PSHostRawUserInterface
{
    private const int Rows = 50;

    /// <inheritdoc/>
    public override Size BufferSize
    {
        get => new(screen.Width, Rows);
        set { }
    }

    /// <inheritdoc/>
    public override Size WindowSize
    {
        get => BufferSize;
        set { }
    }

    /// <inheritdoc/>
    public override Size MaxPhysicalWindowSize => BufferSize;

    /// <inheritdoc/>
    public override Size MaxWindowSize => BufferSize;

    /// <inheritdoc/>
    public override ConsoleColor ForegroundColor { get; set; } = ConsoleColor.Gray;

    /// <inheritdoc/>
    public override ConsoleColor BackgroundColor { get; set; } = ConsoleColor.Black;

    /// <inheritdoc/>
    public override Coordinates CursorPosition { get; set; }

    /// <inheritdoc/>
    public override Coordinates WindowPosition { get; set; }

    /// <inheritdoc/>
    public override int CursorSize { get; set; } = 25;

    /// <inheritdoc/>
    public override bool KeyAvailable => false;

    /// <inheritdoc/>
    public override string WindowTitle { get; set; } = "k8snf";

    /// <summary>East Asian wide characters take two columns (Unicode Standard Annex 11).</summary>
    public override int LengthInBufferCells(char source) =>
        source is (>= '\u1100' and <= '\u115f') or (>= '\u2e80' and <= '\ua4cf') or (>= '\uac00' and <= '\ud7a3')
            or (>= '\uf900' and <= '\ufaff') or (>= '\ufe30' and <= '\ufe6f') or (>= '\uff00' and <= '\uff60') or (>= '\uffe0' and <= '\uffe6')
            ? 2
            : 1;

    /// <inheritdoc/>
    public override void FlushInputBuffer()
    {
    }

    /// <inheritdoc/>
    public override BufferCell[,] GetBufferContents(Rectangle rectangle) => throw NoBuffer();

    /// <inheritdoc/>
    public override KeyInfo ReadKey(ReadKeyOptions options) => throw new HostException(EngineMessages.NoKeys);

    /// <inheritdoc/>
    public override void ScrollBufferContents(Rectangle source, Coordinates destination, Rectangle clip, BufferCell fill) => throw NoBuffer();

    /// <inheritdoc/>
    public override void SetBufferContents(Coordinates origin, BufferCell[,] contents) => throw NoBuffer();

    /// <inheritdoc/>
    public override void SetBufferContents(Rectangle rectangle, BufferCell fill) => throw NoBuffer();

    private static HostException NoBuffer() => new(EngineMessages.NoBuffer);
}
