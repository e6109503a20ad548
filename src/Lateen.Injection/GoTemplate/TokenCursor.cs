namespace Lateen.Injection.GoTemplate;

/// <summary>A place in the tokens of a template, with what every part of the parser asks of it.</summary>
/// <remarks>Depth is bounded, so that a hostile template cannot exhaust the stack.</remarks>
internal sealed class TokenCursor(string name, List<TemplateToken> tokens)
{
    private const int MaxDepth = 100;
    private int _at;
    private int _depth;

    public TemplateToken Current => tokens[_at];

    /// <summary>Where it is, to come back to.</summary>
    public int Mark() => _at;

    public void Return(int mark) => _at = mark;

    public void Advance() => _at++;

    /// <summary>The current token; the next one is current then.</summary>
    public TemplateToken Take() => tokens[_at++];

    /// <summary>Takes a token of that kind.</summary>
    /// <exception cref="TemplateException">It is of another one.</exception>
    public TemplateToken Expect(TokenKind kind) =>
        Current.Kind == kind ? Take() : throw Error($"expected {kind} and found \"{Current.Value}\"");

    public void SkipSpace()
    {
        while (Current.Kind == TokenKind.Space)
        {
            _at++;
        }
    }

    /// <summary>Takes the end of an action.</summary>
    public void Close()
    {
        SkipSpace();
        Expect(TokenKind.Close);
    }

    /// <summary>One level deeper; each is left by <see cref="Leave"/>.</summary>
    public void Enter()
    {
        if (++_depth > MaxDepth)
        {
            throw Error($"nested deeper than {MaxDepth} levels");
        }
    }

    public void Leave() => _depth--;

    public TemplateException Error(string reason) => Error(Current.Line, reason);

    public TemplateException Error(int line, string reason) => new(name, line, reason);
}
