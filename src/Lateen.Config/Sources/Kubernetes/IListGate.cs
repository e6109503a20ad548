namespace Lateen.Config.Sources.Kubernetes;

/// <summary>Stands before the lists of several informers.</summary>
public interface IListGate
{
    /// <summary>A type is about to be listed.</summary>
    /// <returns>Which store the list will be from; handed to <see cref="Delivered"/>.</returns>
    /// <exception cref="KubernetesApiException">It must not be listed now; counts as failure of the list.</exception>
    Task<string> EnterAsync(ResourceType type, CancellationToken cancellation);

    /// <summary>The sink has the list.</summary>
    void Delivered(ResourceType type, string store);
}
