using Lateen.Sandbox.Api.CustomResources;
using Lateen.Sandbox.Store;

namespace Lateen.Sandbox.Api.Resources;

/// <summary>Holds the catalog that requests are served by: the built-in resources and those of the stored definitions.</summary>
/// <remarks>The catalog is built anew on the first request after a change of the definitions, so a write of one is seen at once.</remarks>
internal sealed class ResourceRegistry(ObjectStore store)
{
    public const string Definitions = "customresourcedefinitions.apiextensions.k8s.io";

    private readonly Lock _lock = new();
    private Built _built = new(-1, ResourceCatalog.BuiltIn);

    public ResourceCatalog Catalog
    {
        get
        {
            var version = store.VersionOf(Definitions);
            var built = Volatile.Read(ref _built);
            return built.Version == version ? built.Catalog : Rebuild();
        }
    }

    private ResourceCatalog Rebuild()
    {
        lock (_lock)
        {
            var version = store.VersionOf(Definitions);
            if (_built.Version != version)
            {
                var custom = store.List(Definitions, null).Items.SelectMany(d => DefinitionReader.Read(d.Root));
                Volatile.Write(ref _built, new Built(version, new ResourceCatalog([.. BuiltInResources.All, .. custom])));
            }

            return _built.Catalog;
        }
    }

    private sealed record Built(long Version, ResourceCatalog Catalog);
}
