using System.Text.Json.Nodes;
using System.Threading.Channels;

namespace Lateen.Sandbox.Kubelet.Streaming;

/// <summary>A terminal's size in characters.</summary>
internal readonly record struct TerminalSize(int Columns, int Rows);

/// <summary>The client's end of an exec or attach session, whatever protocol carries it.</summary>
internal sealed record ExecChannels
{
    /// <summary>What the client types; end of file when it closes its input.</summary>
    public Stream? Stdin { get; init; }

    public Stream? Stdout { get; init; }

    public Stream? Stderr { get; init; }

    /// <summary>Sizes of the client's terminal as they change.</summary>
    public ChannelReader<TerminalSize>? Resizes { get; init; }

    /// <summary>Cancelled when the client is gone.</summary>
    public required CancellationToken ClientGone { get; init; }

    /// <summary>Closes the outputs and tells the client how it ended (a metav1.Status).</summary>
    public required Func<JsonObject, Task> FinishAsync { get; init; }
}
