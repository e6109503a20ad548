namespace Lateen.Proxy.Tcp;

/// <summary>Who begins a session ahead: holds the client's connection meanwhile.</summary>
internal interface ISessionAhead
{
    /// <summary>The server spoke, or closed, before the client said anything: it is to have its client (<see cref="TcpSession.Join"/>).</summary>
    void OnServerFirst();

    /// <summary>No connection could be had; the session is over.</summary>
    void OnAheadFailed();
}
