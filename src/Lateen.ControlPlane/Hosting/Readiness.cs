namespace Lateen.ControlPlane.Hosting;

/// <summary>What has to be there before proxies and the API server are answered.</summary>
internal sealed class Readiness
{
    private volatile bool _published;
    private volatile bool _serving;

    /// <summary>The first snapshot is in force.</summary>
    public void Published() => _published = true;

    /// <summary>All ports are open and the webhooks answer.</summary>
    public void Serving() => _serving = true;

    /// <summary>Whether xDS streams may be answered.</summary>
    public bool HasMesh => _published;

    /// <summary>What is missing; null when nothing is.</summary>
    public string? Missing => !_published ? "the sources are not synced yet" : !_serving ? "the ports are not open yet" : null;
}
