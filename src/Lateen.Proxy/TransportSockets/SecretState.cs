using Lateen.Net.Tls;

namespace Lateen.Proxy.TransportSockets;

/// <summary>What a Secret (envoy.extensions.transport_sockets.tls.v3.Secret) holds, read into memory. Immutable.</summary>
internal sealed record TlsSecret
{
    public TlsKeyPair? KeyPair { get; init; }

    public ValidationRules? Validation { get; init; }
}

/// <summary>A secret by its name, whatever its present value; contexts refer to it and follow its changes.</summary>
internal sealed class SecretState(string name, bool isLocal)
{
    private volatile TlsSecret? _current;

    public string Name { get; } = name;

    /// <summary>It comes from the agent of this process, not from the control plane.</summary>
    public bool IsLocal { get; } = isLocal;

    /// <summary>Null until it has come.</summary>
    public TlsSecret? Current
    {
        get => _current;
        set => _current = value;
    }
}
