namespace Lateen.Xds.Server;

/// <summary>A connected stream as the server sees it.</summary>
internal interface IXdsStream<TProxy>
{
    /// <summary>Merges a change into what the stream has still to look at, and wakes it.</summary>
    void Notify(XdsPush<TProxy> push);

    XdsConnectionStatus Status();
}
