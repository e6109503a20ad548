namespace Lateen.Sandbox.Api.Resources;

/// <summary>Holds the catalog that requests are served by; definitions of custom resources swap it.</summary>
internal sealed class ResourceRegistry
{
    private ResourceCatalog _catalog = ResourceCatalog.BuiltIn;

    public ResourceCatalog Catalog => Volatile.Read(ref _catalog);

    public void Publish(ResourceCatalog catalog) => Volatile.Write(ref _catalog, catalog);
}
