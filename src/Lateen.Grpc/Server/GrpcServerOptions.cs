using Lateen.Grpc.Framing;
using Microsoft.Extensions.Logging;

namespace Lateen.Grpc.Server;

/// <summary>What all methods of one server share.</summary>
public sealed class GrpcServerOptions
{
    /// <summary>Where unexpected failures of handlers are reported.</summary>
    public required ILogger Logger { get; init; }

    /// <summary>Clock of the deadlines.</summary>
    public TimeProvider Time { get; init; } = TimeProvider.System;

    /// <summary>Longest request message in bytes; a longer one ends the call with ResourceExhausted. Default 64 MiB.</summary>
    public int MaxMessageLength { get; init; } = GrpcFrames.DefaultMaxMessageLength;
}
