namespace Lateen.Injection.GoTemplate;

internal enum TokenKind
{
    Text,
    Open,
    Close,
    Space,
    Identifier,
    Field,
    Variable,
    Dot,
    String,
    Number,
    Char,
    Pipe,
    LeftParen,
    RightParen,
    Declare,
    Assign,
    Comma,
    End,
}

/// <summary>One token of a template; <see cref="Value"/> of a literal is its decoded text, of a field its name without the dot.</summary>
internal readonly record struct TemplateToken(TokenKind Kind, string Value, int Line);
