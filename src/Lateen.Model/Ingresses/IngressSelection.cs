using Lateen.Model.Mesh;

namespace Lateen.Model.Ingresses;

/// <summary>Which Ingresses are this mesh's to serve.</summary>
public static class IngressSelection
{
    /// <summary>The controller that an IngressClass names for this mesh.</summary>
    public const string Controller = "istio.io/ingress-controller";

    private const string ClassAnnotation = "kubernetes.io/ingress.class";

    /// <summary>By the old annotation, else by the class, else by meshConfig.ingressControllerMode.</summary>
    /// <param name="findClass">An IngressClass by name; null where there is none.</param>
    public static bool IsServed(Ingress ingress, MeshConfig mesh, Func<string, IngressClass?> findClass)
    {
        if (mesh.IngressControllerMode == IngressControllerMode.Off)
        {
            return false;
        }

        if (ingress.Meta.Annotations.TryGetValue(ClassAnnotation, out var name))
        {
            return name == mesh.IngressClass;
        }

        // A class that is not there yet may turn out to be somebody else's.
        return ingress.ClassName.Length > 0
            ? findClass(ingress.ClassName)?.Controller == Controller
            : mesh.IngressControllerMode == IngressControllerMode.Default;
    }
}
