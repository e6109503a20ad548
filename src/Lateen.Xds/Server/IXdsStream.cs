namespace Lateen.Xds.Server;

/// <summary>A connected stream as the server sees it.</summary>
internal interface IXdsStream<TProxy>
{
    /// <summary>Merges a change into what the stream has still to look at, and wakes it.</summary>
    void Notify(XdsPush<TProxy> push);

    XdsConnectionStatus Status();

    /// <summary>The newest announced version up to which the proxy has accepted all that concerns it; -1 while it never had.</summary>
    long Applied();
}
